const { Session } = require('node:inspector/promises');

const INTERVAL = 200;
/** What the runtime does in between belongs to those whose code it interrupts. */
const RUNTIME = new Set(['(garbage collector)', '(program)']);

/** Samples the extension host's thread and tells how long the code of one extension kept it. */
module.exports = {
  session: undefined,
  async start() {
    this.session = new Session();
    this.session.connect();
    await this.session.post('Profiler.enable');
    await this.session.post('Profiler.setSamplingInterval', { interval: INTERVAL });
    await this.session.post('Profiler.start');
  },
  /** Milliseconds: the longest stretch in which every sample has a frame of a file that `extension` matches, and all of them. */
  async stop(extension) {
    const { profile } = await this.session.post('Profiler.stop');
    this.session.disconnect();
    const nodes = new Map(profile.nodes.map(node => [node.id, node]));
    const ours = new Set();
    const mark = (node, inside) => {
      const here = inside || node.callFrame.url.match(extension);
      if (here) ours.add(node.id);
      for (const child of node.children ?? []) mark(nodes.get(child), here);
    };
    mark(profile.nodes[0], false);
    let longest = 0;
    let present = 0;
    let total = 0;
    profile.samples.forEach((sample, index) => {
      const time = (profile.timeDeltas[index + 1] ?? 0) / 1000;
      const isOurs = ours.has(sample);
      const isRuntime = RUNTIME.has(nodes.get(sample).callFrame.functionName);
      present = isOurs || (isRuntime && present > 0) ? present + time : 0;
      if (isOurs) {
        total += time;
        longest = Math.max(longest, present);
      }
    });
    return { longest, total, samples: profile.samples.length };
  },
};
