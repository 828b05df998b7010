import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Config } from '../../../src/inspector/families/config';
import { familyOf, familyTypes } from '../../../src/inspector/families/families';
import { GATED_FIELDS } from '../../../src/inspector/families/gates';
import { ModelBuilder } from '../../../src/inspector/families/graph/modelBuilder';
import { buildGraph } from '../../../src/inspector/families/graph/transformer';
import type { Configuration } from '../../../src/inspector/source/configuration';
import { openSafetensors } from '../../../src/inspector/weights/safetensors';
import { casesIn } from './support/cases';

/** Fields that transformers writes and that change no number of a run, and why. */
const inert: readonly RegExp[] = [
  // How it was trained, and how it is initialised.
  /dropout|_pdrop$|layerdrop$|jitter|_aux_loss_|^init|_init$|^pretraining_tp$|^sparse_pred/,
  // Which ids are special, what texts are made of, how generation goes.
  /_token_id$|^use_cache$|^no_repeat|_ngram_size$|^is_encoder_decoder$|^forced_/,
  // Whether something is stored: the tensors tell.
  /(^|_)bias$|^use_qk_norm$|^mlp_only_layers$|^decoder_sparse_step$|^tie_word_embeddings$/,
  /^num_ln_in_parallel_attn$|^share_encoder_decoder_embeddings$|^word_embed_proj_dim$/,
  // Sizes that the tensors have.
  /^(task_)?type_vocab_size$|^embedding_size$|^expansion_ratio$|^pooler_hidden_size$/,
  // Positions that texts may have: known of the model, not of its graph.
  /^(max_position_embeddings|n_positions|n_ctx|max_seq_len)$/,
  // Heads for classes and scores of texts.
  /^(id2label|label2id|classifier_|summary_|pooler_)/,
  // The same numbers in another way.
  /^(dtype|architectures|attention_softmax_in_fp32|scale_attention_softmax_in_fp32)$/,
  /^(reorder_and_upcast_attn|slow_but_exact|deterministic_flash_attn|output_router_logits)$/,
  // Nothing in transformers reads them.
  /^(embedding_fraction|norm_type|legacy|sparse_prediction|_remove_final_layer_norm)$/,
  /^(learned_pos_emb|sinusoidal_pos_embds)$/,
  // One of two spellings, of which the family reads the other.
  /^(attention_types|scale_decoder_outputs|hidden_act|_?sliding_window_pattern)$/,
  // Read where others say that they count.
  /^(sliding_window|use_sliding_window|max_window_layers|no_rope_layer_interval)$/,
  /^(multi_query|num_key_value_heads|num_decoder_layers|rope_parameters)$/,
];

/** Fields that other types read. */
const inertOf: Readonly<Record<string, readonly string[]>> = {
  // Its norms have the standard one.
  biogpt: ['layer_norm_eps'],
};

describe('fields of configurations', () => {
  for (const folder of casesIn(join(import.meta.dirname, '../../fixtures/weights'))) {
    it(`are read, gated or known to change nothing: ${basename(folder)}`, async () => {
      const text = readFileSync(join(folder, 'config.json'), 'utf8');
      const config = new Config(JSON.parse(text) as Configuration);
      const weights = await openSafetensors([join(folder, 'model.safetensors')]);
      buildGraph(new ModelBuilder(weights), familyOf(config.type)(config, weights));
      const unread = config.names.filter(name => !config.wasRead(name) && !(name in GATED_FIELDS));
      assert.deepEqual(
        unread.filter(name => !inert.some(pattern => pattern.test(name))),
        inertOf[config.type] ?? [],
      );
    });
  }
});

it('docs/weights.md names every type that is built, and no other', () => {
  const text = readFileSync(join(import.meta.dirname, '../../../docs/weights.md'), 'utf8');
  const table = text.split('\n').filter(line => line.startsWith('|') && line.includes('`'));
  const named = table.flatMap(line => [...line.matchAll(/`([^`]+)`/g)].map(([, name]) => name));
  assert.deepEqual(named.sort(), [...familyTypes].sort());
});
