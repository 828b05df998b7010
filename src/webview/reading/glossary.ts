/** Words of the panel that not everybody knows, each in a sentence; the help lists them. */
export const GLOSSARY = {
  'query, key, value':
    'Three vectors of each token in each head: the query asks, keys answer, values are what is passed on.',
  score: 'q·k × scale: how well a key answers a query, before mask and softmax.',
  weight:
    'A score after mask and softmax: the share of a key in what the query reads. A row sums to 1, together with its sink where there is one.',
  sink: 'A part of a row’s weight that goes to no key, and so nowhere: a learned score of the head stands beside those of the keys in the softmax, or 1 is added to its sum.',
  received: 'The mean weight that a key gets from the queries that may see it.',
  '× uniform': 'How many times the weight that each visible key would get in an even split.',
  d_head: 'Numbers in a query, key or value of one head; √d_k is its root.',
  W_O: 'The matrix that takes the outputs of all heads back to the residual stream.',
  norm: 'The length of α·v·W_O: how much a key really adds, not only how much weight it gets (Kobayashi et al. 2020).',
  rollout:
    'The layers’ mean maps, each half identity, multiplied: a rough trace back to the input (Abnar & Zuidema 2020).',
  'KL in nats':
    'How far the output moved: 0 where it is the same, .69 where a sure answer became one of two.',
  'residual stream':
    'The vector of a token to which each layer adds; hidden states in other software.',
  'logit lens': 'What the model would answer if the residual stream of a layer were its last.',
  'direct logit attribution': 'How much each part of the model adds to the logit of one answer.',
  'linear CKA':
    'How alike two layers’ states are, up to turns and scale: 1 for alike, 0 for unrelated (Kornblith et al. 2019).',
  'control task':
    'The same probe on random labels: what beats it was read, not memorised (Hewitt & Liang 2019).',
  'centre of gravity': 'The mean layer that a probe of all layers relies on (Tenney et al. 2019).',
  RoPE: 'Rotary positions: queries and keys are turned by an angle that grows with their position.',
} as const;
