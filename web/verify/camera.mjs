/** Scanning with the camera: frames until one has a code in it, torch and zoom where the camera has them. */

import { decoder } from './decoder.mjs';
import { Problem, draw, theOne } from './picture.mjs';

const PAUSE = 120;
const SIDE = 1280;

export class Camera {
  #stream = null;

  /** `parts`: the elements view (video), torch (button), zoom (label with a range input). */
  constructor(parts) {
    this.parts = parts;
    parts.torch.addEventListener('click', () => this.#switchTorch());
    parts.zoom.querySelector('input').addEventListener('input', (event) =>
      this.#apply({ zoom: Number(event.target.value) }),
    );
  }

  /**
   * Open the camera and look until a code is in view; the text, or null when it was stopped before. `onTrouble` hears
   * of codes that cannot be taken ('two-codes', 'not-a-code'), and null when they are gone. Throws Problem.
   */
  async scan(onTrouble) {
    const { view } = this.parts;
    const read = await decoder().catch(() => {
      throw new Problem('no-decoder');
    });
    const stream = await open();
    this.#stream = stream;
    view.srcObject = stream;
    this.#offer(stream.getVideoTracks()[0]);
    await view.play().catch(() => {});
    const canvas = document.createElement('canvas');
    while (this.#stream === stream && stream.active) {
      const { videoWidth: width, videoHeight: height } = view;
      if (width > 0) {
        draw(canvas, view, width, height, Math.min(1, SIDE / Math.max(width, height)));
        try {
          const text = theOne(await read(canvas));
          if (this.#stream === stream) return text;
        } catch (problem) {
          if (!(problem instanceof Problem)) throw problem;
          onTrouble(problem.code === 'no-code' ? null : problem.code);
        }
      }
      await new Promise((resume) => setTimeout(resume, PAUSE));
    }
    return null;
  }

  stop() {
    this.#stream?.getTracks().forEach((track) => track.stop());
    this.#stream = null;
    this.parts.view.srcObject = null;
  }

  #offer(track) {
    const { torch, zoom } = this.parts;
    const able = track.getCapabilities?.() ?? {};
    torch.hidden = !able.torch;
    torch.setAttribute('aria-pressed', 'false');
    zoom.hidden = !(able.zoom?.max > able.zoom?.min);
    if (zoom.hidden) return;
    const range = zoom.querySelector('input');
    [range.min, range.max, range.step] = [able.zoom.min, able.zoom.max, able.zoom.step || 0.1];
    range.value = track.getSettings().zoom ?? able.zoom.min;
  }

  async #switchTorch() {
    const lit = this.parts.torch.getAttribute('aria-pressed') !== 'true';
    if (await this.#apply({ torch: lit })) this.parts.torch.setAttribute('aria-pressed', String(lit));
  }

  async #apply(wish) {
    try {
      await this.#stream?.getVideoTracks()[0].applyConstraints({ advanced: [wish] });
      return true;
    } catch {
      return false;
    }
  }
}

async function open() {
  const wanted = { facingMode: 'environment', width: { ideal: 1920 }, height: { ideal: 1080 } };
  try {
    return await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
  } catch (error) {
    throw new Problem(error.name === 'NotAllowedError' ? 'camera-denied' : 'camera-missing');
  }
}
