/**
 * Texts of the QR codes in an image: by the browser's own BarcodeDetector where it has one that reads QR codes,
 * otherwise by zxing-cpp in WebAssembly, which is loaded only then.
 */

let reader = null;

/** Whether the browser can do it by itself. */
export async function hasOwn() {
  try {
    return (await globalThis.BarcodeDetector?.getSupportedFormats())?.includes('qr_code') ?? false;
  } catch {
    return false;
  }
}

/** A function from a canvas to the texts in it; throws where the decoder cannot be loaded. */
export async function decoder() {
  reader ??= (await hasOwn()) ? own() : await compiled();
  return reader;
}

function own() {
  const detector = new globalThis.BarcodeDetector({ formats: ['qr_code'] });
  return async (canvas) => {
    try {
      return (await detector.detect(canvas)).map(({ rawValue }) => rawValue);
    } catch {
      // Some phones promise a detector that they have not installed.
      reader = await compiled();
      return reader(canvas);
    }
  };
}

async function compiled() {
  const { textsIn } = await import('./zxing.mjs');
  return (canvas) => textsIn(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height));
}
