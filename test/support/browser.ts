import { setTimeout } from 'node:timers';
import { chromium, type Browser } from 'playwright-core';
import { findChromium } from '../../scripts/machine.mjs';
import { BROWSER_FLAGS } from './browserFlags';

/** How long the browser waits for the next file's tests, in milliseconds: starting it takes seconds. */
const STAY = 5000;

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
  leaving = setTimeout(() => void endBrowser(), STAY);
}

/** Ends the browser now. */
export async function endBrowser(): Promise<void> {
  clearTimeout(leaving);
  const ending = browser;
  browser = undefined;
  await (await ending)?.close();
}
