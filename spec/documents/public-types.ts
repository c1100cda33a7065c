// Why require: documents/compiler.ts says so.
import ts = require('typescript');

import { publicEntries, publicProgram } from './compiler.js';

/** One option, in the words of its doc comment. */
export interface Option {
  readonly name: string;
  /** The type, as a reader of JavaScript understands it. */
  readonly type: string;
  readonly isRequired: boolean;
  /** The default, as the comment states it; `undefined` where it states none. */
  readonly default: string | undefined;
  /** The comment without its statement of the default. */
  readonly meaning: string;
}

/** Where options come from: an exported interface, or the only parameter of an exported function. */
export type Source = { readonly type: string } | { readonly parameterOf: string };

/** The public types of the package, as its users see them: the declarations of all entries. */
export class PublicTypes {
  readonly #checker: ts.TypeChecker;
  readonly #exports = new Map<string, ts.Symbol>();

  constructor() {
    const program = publicProgram();
    this.#checker = program.getTypeChecker();
    for (const { file } of publicEntries) this.#readEntry(program.getSourceFile(file));
  }

  #readEntry(file: ts.SourceFile | undefined): void {
    const module = file && this.#checker.getSymbolAtLocation(file);
    if (module === undefined) throw new Error('an entry of package.json has no declarations. Run: npm run build.');
    for (const symbol of this.#checker.getExportsOfModule(module)) {
      const target = symbol.flags & ts.SymbolFlags.Alias ? this.#checker.getAliasedSymbol(symbol) : symbol;
      if (!this.#exports.has(symbol.name)) this.#exports.set(symbol.name, target);
    }
  }

  /** The options of these sources, in the order of declaration. */
  options(source: Source): Option[] {
    const type = 'type' in source ? this.#typeNamed(source.type) : this.#parameterOf(source.parameterOf);
    const types = type.isUnion() ? type.types : [type];
    const names = new Set(types.flatMap((one) => this.#checker.getPropertiesOfType(one).map(({ name }) => name)));
    return [...names].map((name) =>
      this.#option(
        name,
        types.flatMap((one) => this.#checker.getPropertyOfType(one, name) ?? []),
      ),
    );
  }

  #symbol(name: string): ts.Symbol {
    const symbol = this.#exports.get(name);
    if (symbol === undefined) throw new Error(`no entry of the package exports "${name}"`);
    return symbol;
  }

  #typeNamed(name: string): ts.Type {
    return this.#checker.getDeclaredTypeOfSymbol(this.#symbol(name));
  }

  /** The type of the first parameter of the first signature with exactly one. */
  #parameterOf(name: string): ts.Type {
    const signatures = this.#checker.getTypeOfSymbol(this.#symbol(name)).getCallSignatures();
    const parameter = signatures.find(({ parameters }) => parameters.length === 1)?.parameters[0];
    if (parameter === undefined) throw new Error(`"${name}" has no signature with one parameter`);
    return this.#checker.getTypeOfSymbol(parameter);
  }

  #option(name: string, symbols: readonly ts.Symbol[]): Option {
    const [first] = symbols as [ts.Symbol];
    for (const tag of first.getJsDocTags(this.#checker)) refusePackageName(name, tag);
    const types = new Set(symbols.flatMap((symbol) => this.#spellings(this.#checker.getTypeOfSymbol(symbol))));
    const isRequired = symbols.every((symbol) => !(symbol.flags & ts.SymbolFlags.Optional));
    const tag = first.getJsDocTags(this.#checker).find(({ name: tagName }) => /^default(Value)?$/.test(tagName));
    const { stated, rest } = splitDefault(this.#comment(symbols));
    return {
      name,
      type: [...types].join(' | '),
      isRequired,
      default: tag === undefined ? stated : ts.displayPartsToString(tag.text),
      meaning: rest,
    };
  }

  /** What the comments say; where those of several variants differ, each after the value that it is about. */
  #comment(symbols: readonly ts.Symbol[]): string {
    const comments = symbols.map((symbol) => ({
      type: this.#spellings(this.#checker.getTypeOfSymbol(symbol)).join(' | '),
      text: ts.displayPartsToString(symbol.getDocumentationComment(this.#checker)).replace(/\s+/g, ' ').trim(),
    }));
    const texts = new Set(comments.map(({ text }) => text));
    if (texts.size === 1) return [...texts].join('');
    return comments.map(({ type, text }) => `\`${type}\`: ${text}`).join('<br>');
  }

  /** How a type is written, one spelling for each member of a union; `undefined` is left out. */
  #spellings(type: ts.Type): string[] {
    if (type.flags & ts.TypeFlags.Undefined) return [];
    if (type.flags & ts.TypeFlags.Boolean) return ['boolean'];
    if (type.flags & ts.TypeFlags.Conditional) {
      // Why: a condition on the method of the user is known only where the option is used; readers want what it allows.
      return this.#spellings(this.#checker.getBaseConstraintOfType(type) ?? type);
    }
    if (type.isUnion()) {
      const parts = type.types.flatMap((one) => this.#spellings(one));
      const isBoolean = parts.includes('true') && parts.includes('false');
      return isBoolean ? [...parts.filter((part) => part !== 'true' && part !== 'false'), 'boolean'] : parts;
    }
    return [this.#spelling(type)];
  }

  #spelling(type: ts.Type): string {
    const element = this.#checker.isArrayType(type) && this.#checker.getTypeArguments(type as ts.TypeReference)[0];
    if (element) {
      const spelling = this.#spellings(element).join(' | ');
      return /^\{.*\}$|^\S+$/.test(spelling) ? `${spelling}[]` : `(${spelling})[]`;
    }
    if (type.flags & ts.TypeFlags.TypeParameter) return this.#spelling(type.getConstraint() ?? type);
    const [signature] = type.getCallSignatures();
    if (signature !== undefined) return this.#signature(signature);
    if ((type as ts.ObjectType).objectFlags & ts.ObjectFlags.Mapped && isOverTypeParameter(type))
      return '{ [name]: … }';
    if (type.flags & ts.TypeFlags.StringLiteral) return `'${(type as ts.StringLiteralType).value}'`;
    const flags = ts.TypeFormatFlags.NoTruncation;
    return this.#checker.typeToString(type, undefined, flags).replaceAll('readonly ', '').replaceAll('; }', ' }');
  }

  #signature(signature: ts.Signature): string {
    const parameters = signature.parameters.map((parameter) => {
      const declaration = parameter.valueDeclaration as ts.ParameterDeclaration | undefined;
      return declaration?.dotDotDotToken === undefined ? parameter.name : `...${parameter.name}`;
    });
    return `(${parameters.join(', ')}) => ${this.#spellings(signature.getReturnType()).join(' | ')}`;
  }
}

/** Whether the names of a mapped type are known only where it is used. */
const isOverTypeParameter = ({ aliasSymbol, aliasTypeArguments = [] }: ts.Type): boolean =>
  aliasSymbol === undefined || aliasTypeArguments.some(({ flags }) => (flags & ts.TypeFlags.Instantiable) !== 0);

/** Refuses a comment that the name of a scoped package cuts off, in an editor's hover too: the `@` begins a tag there. */
function refusePackageName(option: string, { name, text }: ts.JSDocTagInfo): void {
  const rest = ts.displayPartsToString(text);
  if (!rest.startsWith('/')) return;
  throw new Error(
    `the doc comment of "${option}" is cut off at "@${name}${rest.split(/\s/, 1)}". Put it into backticks.`,
  );
}

/** Parts a comment into the sentence that states the default and all others. */
export function splitDefault(comment: string): { stated: string | undefined; rest: string } {
  const sentence = /(^|[.;)] )Defaults?(?: to| is|:)? (.+?)\.(?= |$)/;
  const [whole, before = '', stated] = sentence.exec(comment) ?? [];
  if (whole === undefined) return { stated: undefined, rest: comment };
  return { stated, rest: comment.replace(whole, before.trimEnd()).trim() };
}
