import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { root } from './machine.mjs';
import { houses } from './rooms.mjs';

// Own lines on TypeScript's scanner: import/no-cycle passes over imports of types, and
// dependency-cruiser names no line and brings seventeen packages that want a newer Node.

const FOLDERS = ['src', 'test', 'bench', 'models', 'scripts'];
const SOURCE = /\.(ts|mts|mjs|cjs)$/;
const STANDS_FOR = ['', '.ts', '/index.ts'];

/**
 * Every import between the files of `folder`, types, re-exports, `import()` and workers included.
 * @returns for each file the files that it imports, each with the place of the specifier
 */
function readImports(folder) {
  const imports = new Map();
  for (const file of sourcesIn(folder)) {
    const text = readFileSync(path.join(folder, file), 'utf8');
    const found = new Map();
    for (const { fileName, pos } of ts.preProcessFile(text, true, true).importedFiles) {
      const target = resolve(folder, file, fileName.replace(/^worker:/, ''));
      if (target !== undefined && !found.has(target)) found.set(target, pos);
    }
    imports.set(file, found);
  }
  return imports;
}

/** The sources in `folder` itself and in the folders of the house, as paths from `folder`. */
function sourcesIn(folder) {
  const below = FOLDERS.filter(name => existsSync(path.join(folder, name))).flatMap(name =>
    readdirSync(path.join(folder, name), { recursive: true }).map(file => path.join(name, file)),
  );
  return [...readdirSync(folder), ...below]
    .map(file => file.split(path.sep).join('/'))
    .filter(file => SOURCE.test(file) && !file.includes('/fixtures/'))
    .sort();
}

/** The file that a relative specifier means, as a path from `folder`; undefined for a package. */
function resolve(folder, file, specifier) {
  if (!specifier.startsWith('.')) return undefined;
  const base = path.posix.join(path.posix.dirname(file), specifier);
  return STANDS_FOR.map(end => base + end).find(name => {
    const place = path.join(folder, name);
    return existsSync(place) && statSync(place).isFile();
  });
}

/** `file:line  import …`: where a file imports another, and the names that it takes. */
function quote(folder, file, pos) {
  const text = readFileSync(path.join(folder, file), 'utf8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest);
  const statement = source.statements.find(node => node.pos <= pos && pos < node.end);
  const isWhole = ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement);
  const start = isWhole ? statement.getStart(source) : pos;
  const line = source.getLineAndCharacterOfPosition(start).line;
  const words = isWhole ? statement.getText(source) : text.split('\n')[line];
  return `${file}:${line + 1}  ${words.replace(/\s+/g, ' ').trim()}`;
}

/** The shortest way from `file` back to itself along its imports; undefined where there is none. */
function circleOf(file, imports) {
  const cameFrom = new Map();
  const queue = [file];
  for (const current of queue) {
    for (const next of imports.get(current)?.keys() ?? []) {
      if (next === file) {
        const circle = [current];
        while (circle[0] !== file) circle.unshift(cameFrom.get(circle[0]));
        return circle;
      }
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, current);
      queue.push(next);
    }
  }
  return undefined;
}

function findCircles(folder, imports) {
  const circles = new Map();
  for (const file of imports.keys()) {
    const circle = circleOf(file, imports);
    const members = [...(circle ?? [])].sort().join();
    if (circle && !circles.has(members)) circles.set(members, circle);
  }
  return [...circles.values()].map(circle => {
    const step = (file, i) => {
      const next = circle[(i + 1) % circle.length];
      return `  ${quote(folder, file, imports.get(file).get(next))}`;
    };
    return [`A circle of ${circle.length} files:`, ...circle.map(step)].join('\n');
  });
}

/** The room of a house in which `file` stands, with its floor; undefined for a file of no room. */
function roomOf(file, house, floors) {
  const inside = path.posix.relative(house, file);
  let found;
  floors.forEach((rooms, floor) => {
    for (const room of [rooms].flat()) {
      const name = room.endsWith('/*')
        ? new RegExp(`^${room.slice(0, -1)}[^/]+(?=/)`).exec(inside)?.[0]
        : room;
      const isHere =
        inside === name || (name === '.' ? !inside.includes('/') : inside.startsWith(`${name}/`));
      if (isHere && !(found && found.name.length > name.length)) found = { name, floor };
    }
  });
  return found;
}

function findCrossings(folder, imports, house, floors) {
  const faults = [];
  for (const [file, found] of imports) {
    if (!file.startsWith(`${house}/`)) continue;
    const from = roomOf(file, house, floors);
    if (!from) faults.push(`No room of scripts/rooms.mjs holds ${file}.`);
    for (const [target, pos] of from ? found : []) {
      if (!target.startsWith(`${house}/`)) continue;
      const to = roomOf(target, house, floors);
      if (!to || to.name === from.name || to.floor < from.floor) continue;
      const how = to.floor === from.floor ? 'across to' : 'upwards to';
      faults.push(
        `${house}: ${from.name} imports ${how} ${to.name}:\n  ${quote(folder, file, pos)}`,
      );
    }
  }
  return faults;
}

/**
 * What is wrong with the imports of the repository at `folder`: circles, and imports from a room
 * to one above or beside it.
 * @returns a sentence with file, line and imported names for each fault, none where all is well
 */
export function findHouseFaults(folder, table = houses) {
  const imports = readImports(folder);
  const crossings = Object.entries(table).flatMap(([house, floors]) =>
    findCrossings(folder, imports, house, floors),
  );
  return [...findCircles(folder, imports), ...crossings];
}

if (process.argv[1] === import.meta.filename) {
  const faults = findHouseFaults(root);
  for (const fault of faults) console.error(`${fault}\n`);
  if (faults.length > 0) console.error(`${faults.length} imports go round, up or across.`);
  process.exitCode = faults.length === 0 ? 0 : 1;
}
