import { parentPort, workerData } from 'node:worker_threads';
import { Template } from '@huggingface/jinja';
import { stripAsPython } from './pythonStrings';
import type { Made, Renderings } from './renderer';

/** Renders a template with each set of values, in a thread that can be ended from outside. */
function render({ source, shared, each, longest }: Renderings): Made {
  let template: Template;
  try {
    template = new Template(source);
  } catch (error) {
    return { problem: reasonOf(error) };
  }
  return {
    texts: each.map(({ source: other, ...values }) => {
      try {
        const used = other === undefined ? template : new Template(other);
        const text = used.render({ ...shared, ...values });
        return text.length > longest
          ? { error: `it makes more than ${longest.toLocaleString('en')} characters` }
          : { text };
      } catch (error) {
        return { error: reasonOf(error) };
      }
    }),
  };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

stripAsPython();
parentPort?.postMessage(render(workerData as Renderings));
