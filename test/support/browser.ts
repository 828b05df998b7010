import { setTimeout } from 'node:timers';
import { chromium, type Browser } from 'playwright-core';
import { findChromium } from '../../scripts/machine.mjs';
import { BROWSER_FLAGS } from './browserFlags';

/** How long the browser waits for the next file's tests, in milliseconds: starting it takes seconds. */
const STAY = 5000;
/**
 * One of mocha's processes that run files beside each other. They do not end by themselves, and their
 * browser ends with them: on a busy machine the next file may come later than any time that we set.
 */
const IS_WORKER = process.env['MOCHA_WORKER_ID'] !== undefined;

let browser: Promise<Browser> | undefined;
let leaving: NodeJS.Timeout | undefined;

/** The browser of this process, started on first use. */
export function testBrowser(): Promise<Browser> {
  clearTimeout(leaving);
  browser ??= findChromium().then(executablePath =>
    chromium.launch({ executablePath, args: BROWSER_FLAGS }),
  );
  return browser;
}

/** Ends the browser unless somebody asks for it soon. */
export function leaveBrowser(): void {
  clearTimeout(leaving);
  if (!IS_WORKER) leaving = setTimeout(() => void endBrowser(), STAY);
}

/** Ends the browser now. */
export async function endBrowser(): Promise<void> {
  clearTimeout(leaving);
  const ending = browser;
  browser = undefined;
  await (await ending)?.close();
}
