/** Opens one model with the engine of one checkout, in a process of its own; prints milliseconds. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { openModel } from '../../src/inspector/model/openModel';

const [root = '', path = ''] = process.argv.slice(2);
const file = pathToFileURL(join(root, 'src/inspector/model/openModel.ts')).href;
const engine = (await import(file)) as { readonly openModel: typeof openModel };
const wall = performance.now();
const started = process.cpuUsage();
const model = await engine.openModel(path, { threads: 1 });
const { user, system } = process.cpuUsage(started);
const elapsed = performance.now() - wall;
await model.dispose();
console.log(JSON.stringify({ processor: (user + system) / 1000, wall: elapsed }));
