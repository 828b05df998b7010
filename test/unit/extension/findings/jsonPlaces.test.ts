import assert from 'node:assert/strict';
import { editOfJson, placeInJson } from '../../../../src/extension/findings/jsonPlaces';

const CONFIG = `{
    "model_type": "gpt2",
    "task \\"a, }\\"": { "n": [1, "]", { "x": null }], "pad_token_id": 7 },
    "pad_token_id" : -1.5e3,
    "last": true
}
`;

const spelled = (text: string, path: readonly string[]) => {
  const place = placeInJson(text, path);
  return place && text.slice(place.start, place.end);
};

function edited(text: string, path: readonly string[], value: unknown): string | undefined {
  const edit = editOfJson(text, path, value);
  return edit && text.slice(0, edit.start) + edit.text + text.slice(edit.end);
}

describe('places in JSON files', () => {
  it('finds the value at a path, and not one of the same name elsewhere', () => {
    assert.equal(spelled(CONFIG, ['pad_token_id']), '-1.5e3');
    assert.equal(spelled(CONFIG, ['task "a, }"', 'pad_token_id']), '7');
    assert.equal(spelled(CONFIG, ['task "a, }"', 'n']), '[1, "]", { "x": null }]');
    assert.equal(spelled(CONFIG, ['last']), 'true');
    assert.equal(spelled(CONFIG, []), CONFIG.trim());
    assert.equal(spelled(`\uFEFF${CONFIG}`, ['model_type']), '"gpt2"');
  });

  it('finds nothing where there is nothing, or no JSON', () => {
    for (const path of [['eos_token_id'], ['last', 'x'], ['n']]) {
      assert.equal(placeInJson(CONFIG, path), undefined, path.join());
    }
    for (const broken of ['', '{', '{"a"', '{"a" 1}', '{"a": [1}', '{"a": 1 "b": 2}', '[1, 2]']) {
      assert.equal(placeInJson(broken, ['b']), undefined, broken);
    }
  });

  it('reads on past what is large without keeping it', () => {
    const many = JSON.stringify({ vocab: Array.from({ length: 300_000 }, (_, i) => [`"${i}`, i]) });
    const text = `${many.slice(0, -1)},"end":{"id":5}}`;
    assert.equal(spelled(text, ['end', 'id']), '5');
  });

  it('replaces a value and leaves the rest as it is written', () => {
    assert.equal(
      edited(CONFIG, ['task "a, }"', 'pad_token_id'], 0),
      CONFIG.replace('"pad_token_id": 7', '"pad_token_id": 0'),
    );
    assert.equal(edited(CONFIG, ['last'], '</s>'), CONFIG.replace('true', '"</s>"'));
  });

  it('adds a value behind the last one, in the same manner', () => {
    assert.equal(
      edited(CONFIG, ['model_max_length'], 64),
      CONFIG.replace('true\n}', 'true,\n    "model_max_length": 64\n}'),
    );
    assert.equal(edited('{"a":1, "b":[]}', ['c'], 2), '{"a":1, "b":[], "c": 2}');
    assert.equal(edited('{ }', ['c'], 2), '{"c": 2}');
    const nested = edited('{"a": 1}', ['rope', 'theta'], 1e4);
    assert.deepEqual(JSON.parse(nested ?? ''), { a: 1, rope: { theta: 10_000 } });
  });

  it('adds nothing to what is no object', () => {
    assert.equal(editOfJson('[1]', ['a'], 1), undefined);
    assert.equal(editOfJson('{"a": 1', ['b'], 1), undefined);
  });
});
