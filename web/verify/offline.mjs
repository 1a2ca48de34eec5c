/** The page's side of the service worker: it registers it, and says when everything is there to do without a network. */

const WORKER = '/assets/verify-sw.js';
const SCOPE = '/verify';

const PATIENCE = 60_000;

/** Whether the page will open and work offline; `spare` names files that this browser needs in addition. */
export function prepare(spare) {
  // A blocked registration may neither succeed nor fail.
  return Promise.race([registered(spare), new Promise((resolve) => setTimeout(resolve, PATIENCE, false))]);
}

async function registered(spare) {
  try {
    await navigator.serviceWorker.register(WORKER, { scope: SCOPE, updateViaCache: 'none' });
    const { active } = await navigator.serviceWorker.ready;
    return await new Promise((resolve) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = ({ data }) => resolve(data === 'kept');
      active.postMessage({ keep: spare }, [port2]);
    });
  } catch {
    return false;
  }
}
