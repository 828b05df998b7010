import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { findChromium, node24Environment, npm, root } from './machine.mjs';

const CHECKS = ['format:check', 'lint', 'typecheck', 'notices:check', 'house:check'];
/**
 * Two of these run beside each other, each with its files in two processes; the next one begins where one
 * has ended. The end-to-end tests mostly wait for VS Code, and first of all for its installation.
 */
const SUITES = ['test:webview', 'test:e2e', 'test:inspector', 'test:unit'];
const AT_ONCE = 2;

const folder = await mkdtemp(path.join(os.tmpdir(), 'attention-tests-'));
const environment = {};

/**
 * Runs one of package.json's scripts with Node 24 and prints its output when it has ended, so that
 * those beside each other do not mix theirs.
 * @returns whether it ended well, and the seconds that it took
 */
function runScript(name, counts = '') {
  const started = performance.now();
  const child = spawn(npm, ['run', '--silent', name], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: node24Environment({ ...environment, MOCHA_COUNTS: counts }),
    shell: process.platform === 'win32',
  });
  const output = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', part => output.push(part));
  return new Promise(resolve => {
    const end = isGood => {
      const seconds = (performance.now() - started) / 1000;
      process.stdout.write(`\n— ${name}\n${Buffer.concat(output).toString()}`);
      resolve({ name, isGood, seconds });
    };
    child.once('error', error => {
      output.push(Buffer.from(`${error.message}\n`));
      end(false);
    });
    child.once('close', status => end(status === 0));
  });
}

/** What mocha's reporter noted of a suite: passed and failed tests and what failed; nothing where it noted nothing. */
async function readCounts(file) {
  const text = await readFile(file, 'utf8').catch(() => '{}');
  const { passes = 0, failures = 0, failed = [] } = JSON.parse(text);
  return { passed: passes, failed: failures, titles: failed };
}

/** A check counts as one failure where it fails. */
async function runCheck(name) {
  const { isGood, seconds } = await runScript(name);
  return {
    name,
    seconds,
    passed: 0,
    failed: isGood ? 0 : 1,
    titles: isGood ? [] : ['see its output above'],
  };
}

/** A suite that fails without a failed test, as when a file does not load, counts as one failure. */
async function runSuite(name) {
  const file = path.join(folder, name.replace(':', '-'));
  const { isGood, seconds } = await runScript(name, file);
  const { passed, failed, titles } = await readCounts(file);
  return { name, seconds, passed, failed: isGood || failed > 0 ? failed : 1, titles };
}

/** One after the other. */
async function runEach(names, runOne) {
  const rows = [];
  for (const name of names) rows.push(await runOne(name));
  return rows;
}

const rows = [];
try {
  environment.CHROME_PATH = await findChromium();
} catch (error) {
  console.error(error.message);
  rows.push({ name: 'Chromium', seconds: 0, passed: 0, failed: 1, titles: [error.message] });
}
// Apart, since packing the extension for the end-to-end tests writes the same files.
rows.push(await runCheck('build'));
console.log(`\n— ${CHECKS.join(', ')} beside ${SUITES.join(', ')}, ${AT_ONCE} at once`);
const waiting = SUITES.values();
const lanes = [
  runEach(CHECKS, runCheck),
  ...Array.from({ length: AT_ONCE }, () => runEach(waiting, runSuite)),
];
rows.push(...(await Promise.all(lanes)).flat());
await rm(folder, { recursive: true, force: true });

console.log('');
for (const { name, seconds, passed, failed } of rows) {
  const counts = passed > 0 ? `, ${passed} passed` : '';
  const failures = failed > 0 ? `, ${failed} failed` : '';
  console.log(`${name.padEnd(16)}${seconds.toFixed(0).padStart(5)} s${counts}${failures}`);
}
// Last, so that they are seen where only the end of a log is kept.
for (const { name, titles } of rows) {
  for (const title of titles)
    console.log(`\n${name}: ${title.split('\n').slice(0, 6).join('\n  ')}`);
}
const sum = column => rows.reduce((total, row) => total + row[column], 0);
// Mocha's own counts, and one failure for each check that failed.
console.log(`\n${sum('passed')} passed, ${sum('failed')} failed`);
process.exitCode = sum('failed') === 0 ? 0 : 1;
