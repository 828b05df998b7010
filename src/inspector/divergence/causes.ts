import type { ErrorFlow, PlaceError } from './firstPlace';
import type { Place } from './places';

/** What is to be thought of where two models part first: one sentence or two. */
export function causeOf(place: PlaceError, flow: ErrorFlow): string {
  const { kind, layer } = place;
  switch (kind) {
    case 'residual':
      return layer === 'embeddings' ? ofEmbeddings(flow) : ofStream(layer);
    case 'query':
    case 'key':
    case 'value':
      return ofProjections(place, flow);
    case 'maskedScores':
      return 'Queries and keys agree: think of the scale of the scores, of a bias that is added to them, or of a soft-cap.';
    case 'weights':
      return 'The scores agree where neither is blocked: think of the mask, of its size, or of the softmax and its axis.';
    case 'headOutput':
      return 'Weights and values agree: think of dropout that is left on, or of the order in which heads are put together.';
    case 'attentionOutput':
      return 'The outputs of the heads agree: think of W_O, of its bias, or of the order of the heads in its rows.';
    case 'afterAttention':
      return 'What the attention gives agrees: think of the addition to the stream, of a factor on it, or of a norm before it.';
    case 'feedForward':
      return 'The stream after the attention agrees: think of the norm that follows it and its epsilon, of the activation, or of a weight of the feed-forward network.';
    case 'logits':
      return 'The states after the last layer agree: think of the final norm, or of the output head and whether it is tied to the embeddings.';
  }
}

function ofEmbeddings(flow: ErrorFlow): string {
  const isEverywhere = flow.cells.every(({ error }) => error > flow.floor);
  const rounded = isEverywhere
    ? ' Everything after it differs, too: if the weights were rounded or trained on, this is where it begins.'
    : '';
  return `What goes into the first layer differs: think of the token ids, of the positions and where they start, of the embedding tables and the norm after them.${rounded}`;
}

function ofStream(layer: PlaceError['layer']): string {
  return layer === 'output'
    ? 'What the last layer adds agrees: think of the norm after it, or of the addition to the stream.'
    : 'What the layer before adds agrees: think of the norm after its feed-forward network, or of the addition to the stream.';
}

function ofProjections({ stack, attention, layer }: PlaceError, flow: ErrorFlow): string {
  const differs = (kind: Place['kind']) =>
    (flow.at({ stack, attention, layer, kind }) ?? 0) > flow.floor;
  const [query, key, value] = [differs('query'), differs('key'), differs('value')];
  if (query && key && value) {
    return 'Queries, keys and values all differ although the stream before them agrees: think of the norm before the attention and its epsilon, or of their weights.';
  }
  if (query && key) {
    return 'Queries and keys differ and values agree: think of the rotation, its base and its positions, or of the norms of queries and keys.';
  }
  const [name = 'value'] = [query && 'query', key && 'key', value && 'value'].filter(Boolean);
  return `The ${String(name)} alone differs although the stream before it agrees: think of its projection and its bias, or of the order of the heads in it.`;
}
