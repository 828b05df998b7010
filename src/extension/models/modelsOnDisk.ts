import type { DiskModel } from '../../protocol/diskModels';

/** Asks the inspector, which alone reads files of models, for what is on the disk. */
type FindModels = (paths: readonly string[]) => Promise<readonly DiskModel[]>;

/** The models that lie on the disk, and what is known of them before they are opened. */
export class ModelsOnDisk {
  /** By path, as they were found last. */
  private known = new Map<string, DiskModel>();

  /**
   * @param find asks the inspector
   * @param warn is told why it did not answer: people can choose among the other models all the same
   */
  constructor(
    private readonly find: FindModels,
    private readonly warn: (message: string) => void,
  ) {}

  /**
   * Looks for models.
   * @param paths of models that are offered anyway, of which more is to be known
   */
  async list(paths: readonly string[]): Promise<readonly DiskModel[]> {
    try {
      const models = await this.find(paths);
      this.known = new Map(models.map(model => [model.path, model]));
      return models;
    } catch (error) {
      this.warn(`Models on the disk: ${error instanceof Error ? error.message : String(error)}`);
      return [];
    }
  }

  /** What was known of the model at a path when it was looked for last. */
  at(path: string): DiskModel | undefined {
    return this.known.get(path);
  }
}
