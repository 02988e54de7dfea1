export function buildBrowser(outFile: string): Promise<void>;
