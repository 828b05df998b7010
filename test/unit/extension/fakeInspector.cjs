// Stands in for the inspector process: answers by the text that it is given.
const answer = (id, value) => process.send({ kind: 'result', id, value });

process.on('message', ({ kind, id, method, params }) => {
  if (kind === 'cancel') return undefined;
  if (method === 'release') return answer(id, undefined);
  switch (params.text) {
    case 'die':
      return process.exit(3);
    case 'memory':
      console.error(
        'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
      );
      return process.exit(134);
    case 'hang':
      return undefined;
    case 'refuse':
      return process.send({
        kind: 'error',
        id,
        error: { code: 'model-broken', message: 'Broken. Choose another.', detail: 'why' },
      });
    default:
      process.send({ kind: 'progress', id, value: { stage: 'running', label: 'Running' } });
      return answer(id, { id: 'a', pid: process.pid, bytes: new Float32Array([1, 2]) });
  }
});
process.on('disconnect', () => process.exit(0));
