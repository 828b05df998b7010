import type { InspectorApi } from '../protocol/inspector';
import { packingPort } from '../protocol/packedTokens';
import { serve, type Port } from '../protocol/rpc';
import { createInspector } from './inspector';

/** The channel to the process that forked this one. */
function parentPort(): Port {
  if (!process.send) throw new Error('inspector: start me with child_process.fork()');
  return {
    post: message => void process.send?.(message),
    listen: listener => {
      process.on('message', listener);
      return () => process.off('message', listener);
    },
  };
}

const [storage, treebank] = process.argv.slice(2);
const files = { ...(storage ? { storage } : {}), ...(treebank ? { treebank } : {}) };
serve<InspectorApi>(packingPort(parentPort()), createInspector(files, true), {
  onError: (method, { code, message, detail }) => {
    process.stderr.write(`${method}: ${code}: ${message}\n${detail ? `${detail}\n` : ''}`);
  },
});
process.on('disconnect', () => process.exit(0));
