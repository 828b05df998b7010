import type { PanelApi } from '../../protocol/panel';
import type { Caller } from '../../protocol/rpc';
import type { HeadOfCapture } from '../../protocol/tiles';
import { HeadSource } from './headSource';
import { TileCache } from './tileCache';
import type { TileComputer } from './tileComputer';

/** Bytes of tiles, and of vectors of the heads that were looked at last. */
const TILE_BYTES = 1 << 25;
const HEAD_BYTES = 1 << 26;

/** The long maps of the panel: one head at a time is worked for, a few are kept. */
export class TileService {
  readonly cache = new TileCache(TILE_BYTES);
  private readonly sources = new Map<string, HeadSource>();
  private wanted = '';
  private current: HeadSource | null = null;
  private listener: () => void = () => undefined;

  constructor(
    private readonly api: Pick<Caller<PanelApi>, 'call'>,
    private readonly computer: TileComputer,
    private readonly failed: (error: unknown) => void,
  ) {}

  /** The head that is worked for; null while there is none, or its plan is on its way. */
  get source(): HeadSource | null {
    return this.current;
  }

  /** Bytes of tiles here and of vectors in the worker. */
  get bytes(): number {
    return [...this.sources.values()].reduce((sum, { bytes }) => sum + bytes, this.cache.bytes);
  }

  /** Calls `listener` when the picture on show may have got further. */
  listen(listener: () => void): void {
    this.listener = listener;
  }

  /** Works for this head from now on; null ends the work. */
  async open(head: HeadOfCapture | null): Promise<void> {
    const name = head ? Object.values(head).join(' ') : '';
    if (name === this.wanted) return;
    this.wanted = name;
    this.current?.look(null);
    this.current = null;
    if (!head) return;
    try {
      const source = this.sources.get(name) ?? (await this.create(head));
      if (this.wanted !== name) return;
      this.keep(name, source);
      this.current = source;
      this.listener();
    } catch (error) {
      if (this.wanted !== name) return;
      this.wanted = '';
      this.failed(error);
    }
  }

  private async create(head: HeadOfCapture): Promise<HeadSource> {
    const { api, computer, cache, failed } = this;
    const plan = await api.call('tilePlan', head);
    const name = Object.values(head).join(' ');
    const known = this.sources.get(name);
    if (known) return known;
    const changed = () => {
      if (this.current?.name === name) this.listener();
    };
    const source = new HeadSource(head, plan, { api, computer, cache, changed, failed });
    this.sources.set(name, source);
    return source;
  }

  /** Keeps the sources that were opened last, within their bytes. */
  private keep(name: string, source: HeadSource): void {
    this.sources.delete(name);
    this.sources.set(name, source);
    let held = [...this.sources.values()].reduce((sum, { bytes }) => sum + bytes, 0);
    for (const [oldest, one] of this.sources) {
      if (held <= HEAD_BYTES || one === source) break;
      held -= one.bytes;
      one.close();
      this.sources.delete(oldest);
    }
  }
}
