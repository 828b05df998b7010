/** Name of this platform among the package targets. */
export const hostTarget: string;
export function packagePath(target?: string): Promise<string>;
export function packageExtension(target?: string): Promise<string>;
