import ts from 'typescript';

const shared: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  strict: true,
  skipLibCheck: true,
  types: ['node'],
};

const parsed = new Map<string, ts.SourceFile | undefined>();

/** A program of these files. The declarations that every program needs are parsed once. */
export function createProgram(files: readonly string[], options: ts.CompilerOptions = {}): ts.Program {
  const host = ts.createCompilerHost({ ...shared, ...options }, true);
  const parse = host.getSourceFile;
  host.getSourceFile = (file, ...how) => {
    if (!file.includes('/node_modules/')) return parse(file, ...how);
    if (!parsed.has(file)) parsed.set(file, parse(file, ...how));
    return parsed.get(file);
  };
  return ts.createProgram([...files], { ...shared, ...options }, host);
}
