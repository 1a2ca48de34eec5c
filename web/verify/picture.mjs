/** Codes in a picture file. Everything that a person might give by mistake has a name in `Problem`. */

import { parseCode } from '../jb1.mjs';
import { decoder } from './decoder.mjs';

/** Bytes; photographs of today's phones have up to 15 MB. */
export const LARGEST_FILE = 20 * 2 ** 20;
/** Pixels: a file of a few kilobytes can unfold to gigabytes. */
export const LARGEST_PICTURE = 64e6;
const SIDES = [1600, 3200, 800];

/** Something went otherwise; `code` says what to tell (verify_words.PROBLEMS). */
export class Problem extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

/** The one inspection-mark text in a picture (a Blob); throws Problem. */
export async function textIn(file) {
  if (file.size > LARGEST_FILE) throw new Problem('too-big');
  const start = new Uint8Array(await file.slice(0, 65536).arrayBuffer());
  if (beginsWith(start, '%PDF')) throw new Problem('pdf');
  const size = sizeIn(start);
  if (size !== null && size[0] * size[1] > LARGEST_PICTURE) throw new Problem('too-big');
  const read = await decoder().catch(() => {
    throw new Problem('no-decoder');
  });
  const image = await createImageBitmap(file).catch(() => {
    throw new Problem('unreadable');
  });
  try {
    if (image.width * image.height > LARGEST_PICTURE) throw new Problem('too-big');
    return theOne(await texts(image, read));
  } finally {
    image.close();
  }
}

/** The text among `found` that is an inspection mark's; throws Problem where there is none, or more than one. */
export function theOne(found) {
  const marks = new Set(found.filter(isCode));
  if (marks.size > 1) throw new Problem('two-codes');
  if (marks.size === 0) throw new Problem(found.length > 0 ? 'not-a-code' : 'no-code');
  return [...marks][0];
}

function isCode(text) {
  try {
    parseCode(text);
    return true;
  } catch {
    return false;
  }
}

/** Texts at the first of several sizes at which a mark can be read; without one, all that was read. */
async function texts(image, read) {
  const longest = Math.max(image.width, image.height);
  const sizes = new Set(SIDES.map((side) => Math.min(1, side / longest)));
  const canvas = document.createElement('canvas');
  const others = [];
  for (const scale of sizes) {
    draw(canvas, image, image.width, image.height, scale);
    const found = await read(canvas);
    if (found.some(isCode)) return found;
    others.push(...found);
  }
  return others;
}

/** An image on white, so that a transparent ground does not turn black. */
export function draw(canvas, image, width, height, scale) {
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = canvas.getContext('2d', { willReadFrequently: true });
  context.fillStyle = '#fff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
}

function beginsWith(bytes, text) {
  return [...text].every((letter, at) => bytes[at] === letter.charCodeAt(0));
}

/** [width, height] as the first bytes of a PNG, GIF or JPEG file state them, else null. */
export function sizeIn(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (beginsWith(bytes, '\x89PNG') && bytes.length >= 24) return [view.getUint32(16), view.getUint32(20)];
  if (beginsWith(bytes, 'GIF8') && bytes.length >= 10) return [view.getUint16(6, true), view.getUint16(8, true)];
  if (!beginsWith(bytes, '\xff\xd8')) return null;
  // JPEG: segments up to the first start of frame (ITU-T T.81 B.2.2); C4, C8 and CC are no frames.
  for (let at = 2; at + 9 < bytes.length && bytes[at] === 0xff; at += 2 + view.getUint16(at + 2)) {
    const marker = bytes[at + 1];
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return [view.getUint16(at + 7), view.getUint16(at + 5)];
  }
  return null;
}
