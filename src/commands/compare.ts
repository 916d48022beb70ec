export interface CompareOptions {
  readonly out?: string;
}
export async function compareCommand(_folders: readonly string[], _options: CompareOptions): Promise<void> {}
