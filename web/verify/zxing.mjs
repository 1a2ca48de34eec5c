/** zxing-cpp (Apache-2.0) in WebAssembly, by zxing-wasm (MIT). */

import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';
import address from 'zxing-wasm/reader/zxing_reader.wasm';

await prepareZXingModule({ overrides: { locateFile: () => address }, fireImmediately: true });

/** Texts of the QR codes in `pixels` (ImageData). */
export async function textsIn(pixels) {
  const found = await readBarcodes(pixels, { formats: ['QRCode'], tryHarder: true, textMode: 'Plain' });
  return found.filter(({ isValid }) => isValid).map(({ text }) => text);
}
