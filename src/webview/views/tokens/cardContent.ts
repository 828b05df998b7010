import type { Token } from '../../../protocol/tokens';
import type { State } from '../../app/state';
import { el, tokenSpan } from '../../kit/dom';
import { textOf, textStack } from '../../reading/capture';
import { groupWords } from '../../reading/groups';
import { count } from '../../reading/format';
import { indexOfToken } from '../../reading/tokenLookup';
import { label, shorten, visible } from '../../reading/tokenText';
import type { CardContent } from '../../shell/tokenCard';
import { stagesOfWord } from './facts';
import { tableOf } from './stages';
import { shortName } from './stagesGloss';
import { factList, tokenFacts, type Fact } from './tokenFacts';
import { shownTrace } from './traces';

/** A token's facts and the stages that made it, as far as they are known. */
export const cardContent: CardContent = ({ tokens, index, sequence }, token, state) => {
  const { capture } = state;
  const isText = capture !== null && textStack(capture) === sequence;
  const traced = isText ? shownTrace(state) : null;
  const text = isText ? textOf(capture, token) : null;
  const group = isText ? groupWords(capture, tokens, index) : '';
  const head = el(
    'div.card-head',
    tokenSpan(label(token, 40)),
    el('span.muted', `token ${count(index)} of ${count(tokens.length)}`),
    group !== '' && el('span.muted', group),
    el('span.spacer'),
    el('span.number', `id ${count(token.id)}`),
  );
  const facts = factList(tokenFacts(tokens, index, text, traced));
  const stages = traced ? stagesOf(token, state) : [];
  return [head, facts, ...(stages.length > 0 ? [factList(stages)] : [])];
};

/** The token's word at each stage; those that leave it as it was say so. */
function stagesOf(token: Token, state: State): Fact[] {
  const traced = shownTrace(state);
  const index = traced ? indexOfToken(traced.trace.tokens, token) : -1;
  if (!traced || index < 0) return [];
  const rows = stagesOfWord(tableOf(traced), traced.trace, index);
  return rows.map(({ stage, parts }, i) => {
    const isSame = i > 0 && rows[i - 1]?.parts.join('\0') === parts.join('\0');
    return [
      stage.kind === 'text' ? 'Input' : shortName(stage),
      ...parts.flatMap((part, at) => [at > 0 ? ' + ' : '', tokenSpan(shorten(visible(part), 40))]),
      el('span.muted', isSame ? ' unchanged' : ''),
    ];
  });
}
