import assert from 'node:assert/strict';
import type { Token } from '../../src/protocol/tokens';
import { tokensOf, type RecipeName } from './support/recipes';
import type { Recipe } from './support/syntheticCapture';
import { closeBrowser, PanelPage } from './support/panelPage';

interface Saved {
  readonly name: string;
  readonly format: string;
  readonly data: string;
}

/** Lines of a CSV file (RFC 4180), with quotes taken away. */
function parseCsv(file: string): string[][] {
  const lines: string[][] = [[]];
  for (const [, quoted, plain = '', end] of file.matchAll(
    /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/g,
  )) {
    lines.at(-1)?.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === '\r\n') lines.push([]);
    else if (end === '') break;
  }
  return lines.filter(line => line.join('') !== '');
}

describe('export', () => {
  let panel: PanelPage;

  const open = async (capture: RecipeName = 'encoder', width = 1200): Promise<void> => {
    panel = await PanelPage.open({ capture, width });
  };
  /** Shows a run of one layer of an encoder over these tokens. */
  const showTokens = async (
    id: string,
    text: string,
    tokens: readonly Token[],
    heads: number,
  ): Promise<void> => {
    const recipe: Recipe = {
      id,
      text,
      tokens: { encoder: tokens },
      blocks: [{ stack: 'encoder', kind: 'self', heads: [heads] }],
    };
    await panel.page.evaluate(made => window.host.showRecipe(made, 'encoder'), recipe);
    await panel.ready(id);
  };
  afterEach(async () => {
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });
  after(closeBrowser);

  const item = (name: string | RegExp) =>
    panel.page.getByRole('menuitem', { name }).or(panel.page.getByRole('menuitemradio', { name }));

  /** Chooses from the Export menu and gives what was sent to be saved; PNG as Latin-1. */
  const save = async (format: string, figure?: RegExp): Promise<Saved> => {
    const before = (await panel.calls('saveFigure')).length;
    await panel.page.getByRole('button', { name: 'Export', exact: true }).click();
    if (figure) await item(figure).click();
    await item(new RegExp(`^${format}`)).click();
    await panel.page.waitForFunction(
      count => window.host.calls.filter(call => call.method === 'saveFigure').length > count,
      before,
    );
    return panel.page.evaluate(() => {
      const calls = window.host.calls.filter(call => call.method === 'saveFigure');
      const {
        name,
        format: kind,
        data,
      } = calls.at(-1)?.params as {
        name: string;
        format: string;
        data: string | Uint8Array;
      };
      const written =
        typeof data === 'string' ? data : Array.from(data, b => String.fromCharCode(b)).join('');
      return { name, format: kind, data: written };
    });
  };

  /** The exact row of the capture, as the host has it. */
  const row = (query: number): Promise<{ weights: number[]; allowed: number[] }> =>
    panel.page.evaluate(at => {
      const block = { stack: 'encoder', kind: 'self' } as const;
      const found = window.host.capture('encoder').row(block, 3, 0, at);
      return { weights: [...found.weights], allowed: [...found.allowed] };
    }, query);

  it('CSV of the heat map holds the exact weights and says what they are', async () => {
    await open();
    const { name, data } = await save('CSV');
    assert.match(name, /^\S+ Heat map, layer 3, head 0$/);
    const lines = parseCsv(data);
    const comments = lines.filter(([first = '']) => first.startsWith('# ')).map(line => line[0]);
    for (const about of ['Sentence: In layer 3', 'Model: ', 'Text: the tiger', 'Scale: Linear']) {
      assert.ok(
        comments.some(line => line?.startsWith(`# ${about}`)),
        about,
      );
    }
    const [header, ...rows] = lines.slice(comments.length);
    assert.deepEqual(header?.slice(0, 5), ['query', 'query token', 'key', 'key token', 'weight']);
    assert.equal(rows.length, 19 * 19);
    for (const query of [0, 7, 18]) {
      const { weights } = await row(query);
      const found = rows.filter(line => line[0] === String(query)).map(line => Number(line[4]));
      assert.deepEqual(found.map(Math.fround), weights);
    }
  });

  it('SVG of the heat map has a cell for each weight, in its colour, and says what it is', async () => {
    await open();
    const { data } = await save('SVG');
    const parsed = await panel.page.evaluate(svg => {
      const document = new DOMParser().parseFromString(svg, 'image/svg+xml');
      return {
        error: document.querySelector('parsererror')?.textContent ?? null,
        title: document.querySelector('title')?.textContent ?? '',
        description: document.querySelector('desc')?.textContent ?? '',
        fills: [...document.querySelectorAll('#cells rect')].map(cell => cell.getAttribute('fill')),
      };
    }, data);
    assert.equal(parsed.error, null);
    assert.equal(parsed.title, 'Heat map, layer 3, head 0');
    assert.match(parsed.description, /Sentence: In layer 3, head 0, .* attends/);
    assert.match(parsed.description, /Colour map: Tide/);
    assert.equal(parsed.fills.length, 19 * 19);
    const colors = await panel.page.evaluate(() => {
      const map = document.querySelector<HTMLCanvasElement>('.map-cells');
      if (!map) return [];
      const copy = new OffscreenCanvas(map.width, map.height);
      const context = copy.getContext('2d');
      context?.drawImage(map, 0, 0);
      const pixels = context?.getImageData(0, 0, map.width, map.height).data ?? [];
      const side = map.width / 19;
      return Array.from({ length: 19 * 19 }, (_, cell) => {
        const x = Math.floor(((cell % 19) + 0.4) * side);
        const y = Math.floor((Math.floor(cell / 19) + 0.4) * side);
        const at = 4 * (y * map.width + x);
        const parts = [...pixels.slice(at, at + 3)];
        return `#${parts.map(part => part.toString(16).padStart(2, '0')).join('')}`;
      });
    });
    assert.deepEqual(parsed.fills, colors);
  });

  it('PNG has the same picture and its facts in text chunks', async () => {
    await open();
    const { data, format } = await save('PNG');
    assert.equal(format, 'png');
    const bytes = Buffer.from(data, 'latin1');
    const chunks: string[] = [];
    for (let at = 8; at < bytes.length; at += 12 + bytes.readUInt32BE(at)) {
      const length = bytes.readUInt32BE(at);
      const type = bytes.toString('latin1', at + 4, at + 8);
      chunks.push(type === 'iTXt' ? bytes.toString('utf8', at + 8, at + 8 + length) : type);
    }
    assert.equal(chunks[0], 'IHDR');
    assert.equal(chunks.at(-1), 'IEND');
    assert.ok(chunks.some(chunk => chunk.startsWith('Sentence\0\0\0\0\0In layer 3')));
    const size = await panel.page.evaluate(async (binary: string) => {
      const file = new Blob([Uint8Array.from(binary, character => character.charCodeAt(0))]);
      const image = await createImageBitmap(file);
      const canvas = new OffscreenCanvas(image.width, image.height);
      const context = canvas.getContext('2d');
      context?.drawImage(image, 0, 0);
      const { data: pixels } = context?.getImageData(0, 0, image.width, image.height) ?? {
        data: new Uint8ClampedArray(),
      };
      return { width: image.width, colors: new Set(new Uint32Array(pixels.buffer)).size };
    }, data);
    assert.ok(size.width > 800, 'two pixels for each CSS pixel');
    assert.ok(size.colors > 50, 'the picture is not empty');
  });

  it('JSON holds tokens, locus and exact numbers', async () => {
    await open();
    const { data } = await save('JSON', /^Attention from/);
    const file = JSON.parse(data) as {
      about: Record<string, string>;
      tokens: { encoder: unknown[] };
      locus: { query: number };
      rows: (string | number)[][];
    };
    assert.equal(file.tokens.encoder.length, 19);
    assert.match(file.about['Locus'] ?? '', /^layer 3, head 0, query/);
    const { weights } = await row(file.locus.query);
    assert.deepEqual(
      file.rows.map(line => Math.fround(Number(line[2]))),
      weights,
    );
  });

  it('every figure of every view gives a document and a table', async () => {
    await open('decoder');
    const seen: string[] = [];
    const tabs = panel.page.getByRole('tab');
    for (let i = 0; i < (await tabs.count()); i++) {
      await tabs.nth(i).click();
      await panel.page.getByRole('button', { name: 'Export', exact: true }).click();
      const radios = panel.page.getByRole('menuitemradio');
      const names = await radios.allInnerTexts();
      const isThere = (await item(/^SVG/).count()) > 0;
      await panel.page.keyboard.press('Escape');
      // Findings are none before a model was checked.
      if (!isThere) continue;
      for (const name of names.length > 0 ? names : [undefined]) {
        const figure = name === undefined ? undefined : new RegExp(`^${name.slice(0, 12)}`);
        const { data, name: saved } = await save('SVG', figure);
        const error = await panel.page.evaluate(
          svg =>
            new DOMParser().parseFromString(svg, 'image/svg+xml').querySelector('parsererror')
              ?.textContent ?? null,
          data,
        );
        assert.equal(error, null, name);
        assert.ok(parseCsv((await save('CSV')).data).length > 10, name);
        seen.push(saved);
      }
    }
    await panel.page.keyboard.press('1');
    await panel.page.keyboard.press('v');
    const arcs = await save('CSV', /^Arcs/);
    const weights = parseCsv(arcs.data).filter(([first = '']) => /^\d+$/.test(first));
    assert.ok(weights.length > 5 && weights.every(line => Number(line[4]) >= 0.05));
    assert.match((await save('SVG')).data, /<path d="M/);
    for (const wanted of ['Heat map', 'Heads', 'Attention from', 'Stages', 'A ·', 'Shares']) {
      assert.ok(
        seen.some(name => name.includes(wanted)),
        wanted,
      );
    }
  });

  it('hostile tokens stay text in SVG and are no formula in CSV', async () => {
    await open();
    const pieces = ['[CLS]', '=1+1', '@SUM(A1)', '</text><script>x', '"&\u0007', '\ud800', '[SEP]'];
    const tokens = tokensOf(pieces);
    await showTokens('hostile', '=cmd|calc,"\n=1', tokens, 2);
    const svg = await save('SVG');
    const labels = await panel.page.evaluate(text => {
      const document = new DOMParser().parseFromString(text, 'image/svg+xml');
      return {
        broken: document.querySelector('parsererror') !== null,
        scripts: document.querySelectorAll('script').length,
        texts: [...document.querySelectorAll('text')].map(one => one.textContent),
      };
    }, svg.data);
    assert.deepEqual([labels.broken, labels.scripts], [false, 0]);
    assert.ok(labels.texts.some(text => text.startsWith('</text><scrip')));
    const csv = parseCsv((await save('CSV')).data);
    const cells = csv.flat();
    assert.ok(cells.includes("'=1+1") && cells.includes("'@SUM(A1)"));
    assert.deepEqual(
      cells.filter(cell => /^[=+@\t\r]/.test(cell)),
      [],
    );
    assert.ok(cells.includes('# Text: =cmd|calc,"\\n=1'));
  });

  it('a map that is too large for a table says what to do; its picture is one pixel a weight', async () => {
    await open();
    const tokens = tokensOf(Array.from({ length: 520 }, (_, i) => `word${i}`));
    await showTokens('longer-9', 'word', tokens, 1);
    const { data } = await save('SVG');
    assert.match(data, /<image href="data:image\/png;base64,/);
    assert.match(data, /one pixel for each weight/);
    await panel.page.getByRole('button', { name: 'Export', exact: true }).click();
    await item(/^CSV/).click();
    await panel.page.getByText(/Save the capture file, which has them all/).waitFor();
  });

  it('the menu opens with Ctrl+S of VS Code, moves with arrows, closes with Escape', async () => {
    await open('encoder', 480);
    await panel.page.evaluate(() => window.host.emit('command', { name: 'export' }));
    await panel.page.getByRole('menu', { name: 'More actions' }).waitFor();
    const focused = (): Promise<string> =>
      panel.page.evaluate(() => document.activeElement?.textContent ?? '');
    const first = await focused();
    await panel.page.keyboard.press('ArrowDown');
    assert.notEqual(await focused(), first);
    await panel.page.keyboard.press('Home');
    assert.equal(await focused(), first);
    await panel.page.keyboard.press('c');
    assert.match(await focused(), /^C/);
    await panel.page.keyboard.press('Escape');
    assert.equal(await panel.page.getByRole('menu').count(), 0);
    await panel.page.evaluate(() => window.host.emit('command', { name: 'export' }));
    await item(/^Capture file/).click();
    assert.equal((await panel.calls('saveCapture')).length, 1);
  });
});
