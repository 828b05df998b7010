import { rm } from 'node:fs/promises';
import path from 'node:path';
import { preparedExtensions } from './packages';
import { endSharedWindows } from './sharedWindow';

/** Before the tests, so that no test's time runs meanwhile, and once for all processes that run them. */
export async function mochaGlobalSetup(): Promise<void> {
  await preparedExtensions();
}

export async function mochaGlobalTeardown(): Promise<void> {
  await endSharedWindows();
  const home = path.dirname(await preparedExtensions());
  await rm(home, { recursive: true, force: true, maxRetries: 5 });
}
