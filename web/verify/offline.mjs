/** The page's side of the service worker: it registers it, and says when everything is there to do without a network. */

const WORKER = '/assets/verify-sw.js';
const SCOPE = '/verify';

/** Whether the page will open and work offline; `spare` names files that this browser needs in addition. */
export async function prepare(spare) {
  try {
    await navigator.serviceWorker.register(WORKER, { scope: SCOPE, updateViaCache: 'none' });
    const { active } = await navigator.serviceWorker.ready;
    return await new Promise((resolve, reject) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = ({ data }) => resolve(data === 'kept');
      setTimeout(reject, 60_000, new Error('no answer'));
      active.postMessage({ keep: spare }, [port2]);
    });
  } catch {
    return false;
  }
}
