import { toErrorReport } from '../../../protocol/errors';
import type { FIGURE_FORMATS, PanelApi } from '../../../protocol/panel';
import type { Caller } from '../../../protocol/rpc';
import type { State } from '../state';
import type { Store } from '../store';
import { toCsv } from '../../draw/file/csv';
import { openView, type Presence } from '../presence';
import type { FigureSource } from './figure';
import { figureSvg } from '../../draw/file/figureSvg';
import { toJson } from '../../draw/file/json';
import { toPng } from '../../draw/file/png';
import { provenance } from './provenance';

export type FigureFormat = (typeof FIGURE_FORMATS)[number];

/** Saves figures of the open view, and the capture. */
export class Exporter {
  /** Which figure of each view is the current one; the first where none was chosen. */
  private readonly chosen = new Map<string, string>();

  constructor(
    private readonly api: Caller<PanelApi>,
    private readonly store: Store<State>,
    private readonly views: readonly {
      readonly id: string;
      readonly figures?: readonly FigureSource[];
      presence?(state: State): Presence;
    }[],
    /** What can be saved beside the figures of the open view. */
    private readonly others: readonly FigureSource[] = [],
  ) {}

  /** The figures that the open view shows now, the current one marked. */
  figures(): { readonly id: string; readonly title: string; readonly isCurrent: boolean }[] {
    const current = this.current();
    return this.shown().map(({ id, title }) => ({ id, title, isCurrent: id === current?.id }));
  }

  /** Makes a figure the current one. */
  choose(id: string): void {
    this.chosen.set(this.view()?.id ?? '', id);
  }

  /** Asks where to, and saves the current figure. */
  async save(format: FigureFormat): Promise<void> {
    const current = this.current();
    if (!current) return;
    const { state } = this.store;
    try {
      const { title, source } = current;
      const facts = [
        ...provenance(state, title, sentenceOnShow()),
        ...(source.facts?.(state) ?? []),
      ];
      const context = { state, api: this.api };
      if (format === 'csv' || format === 'json') {
        const write = format === 'csv' ? toCsv : toJson;
        await this.send(title, format, write(there(await source.table(context)), facts, state));
        return;
      }
      const { svg, width, height } = figureSvg(there(await source.picture(context)), facts);
      const data = format === 'svg' ? svg : await toPng(svg, { width, height }, facts);
      await this.send(title, format, data);
    } catch (error) {
      this.store.set({ wishError: toErrorReport(error) });
    }
  }

  /** Asks where to, and saves the capture on show. */
  async saveCapture(): Promise<void> {
    const { capture } = this.store.state;
    if (!capture) return;
    try {
      await this.api.call('saveCapture', { capture: capture.id });
    } catch (error) {
      this.store.set({ wishError: toErrorReport(error) });
    }
  }

  private async send(
    title: string,
    format: FigureFormat,
    data: string | Uint8Array<ArrayBuffer>,
  ): Promise<void> {
    const model = this.store.state.capture?.model.name ?? '';
    await this.api.call('saveFigure', { name: `${model} ${title}`.slice(0, 200), format, data });
  }

  private view() {
    return openView(this.views, this.store.state);
  }

  private shown(): { id: string; title: string; source: FigureSource }[] {
    const { state } = this.store;
    if (!state.capture || !state.locus || state.run.kind === 'failed') return [];
    return [...(this.view()?.figures ?? []), ...this.others].flatMap(source => {
      const title = source.title(state);
      return title === null ? [] : [{ id: source.id, title, source }];
    });
  }

  private current() {
    const shown = this.shown();
    const wanted = this.chosen.get(this.view()?.id ?? '');
    return shown.find(({ id }) => id === wanted) ?? shown[0];
  }
}

function there<T>(made: T | null): T {
  if (made === null) throw new Error('There is nothing to export here yet.');
  return made;
}

/** The sentence that opens the view: what the figure shows, in words. */
const sentenceOnShow = (): string =>
  document.querySelector('#view .sentence')?.textContent.trim() ?? '';
