import { InspectorError, toErrorReport, type ErrorReport } from '../protocol/errors';
import { address } from './addresses';
import { Lane } from './lane';
import type { Slice } from './state';

/** Where answers and refusals go, and how they are asked for. */
export interface LaneAnswers<Name extends string> {
  call(name: Name, params: object): Promise<unknown>;
  found(name: Name, slice: Slice<unknown>): void;
  /** Why there is no answer; a call that was cancelled has none and no reason. */
  failed(name: Name, slice: Slice<ErrorReport>): void;
  /** Answers of this kind that are kept. */
  kept(name: Name): number;
}

/** The numbers that a view reads by name: asked for while they are wanted, not again once refused. */
export class WantedLanes<Name extends string> {
  private readonly lanes: ReadonlyMap<Name, Lane<object, unknown>>;

  constructor(names: readonly Name[], answers: LaneAnswers<Name>) {
    const lane = (name: Name): Lane<object, unknown> =>
      new Lane<object, unknown>(
        params => answers.call(name, params),
        slice => answers.found(name, slice),
        (error, params) => {
          if (error instanceof InspectorError && error.code === 'cancelled') return;
          answers.failed(name, { at: address(params), value: toErrorReport(error) });
        },
        answers.kept(name),
      );
    this.lanes = new Map(names.map(name => [name, lane(name)]));
  }

  /** @param errors what was refused, and where */
  follow(
    wanted: { readonly [N in Name]?: object | undefined },
    errors: { readonly [N in Name]?: { readonly at: string } | undefined },
  ): void {
    for (const [name, lane] of this.lanes) {
      const params = wanted[name];
      const refused = params && errors[name]?.at === address(params);
      if (params && !refused) lane.want(params);
      else lane.drop();
    }
  }
}
