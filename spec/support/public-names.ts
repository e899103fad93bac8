/** What the entry points export, as the compiler sees it. */
import path from 'node:path'
import ts from 'typescript'
import { root, textOf } from './source-tree.js'

const { exports } = JSON.parse(textOf('package.json')) as {
  readonly exports: Record<string, string | { readonly types: string }>
}

/** The entry points of the package: the names that programs import, each with its file. */
export const entryPoints: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(exports).flatMap(([name, target]) =>
    typeof target === 'string'
      ? []
      : [[path.join('windlass', name), target.types.replace(/^\.\/dist\/(.*)\.d\.ts$/, '$1.ts')]],
  ),
)

export interface PublicName {
  readonly name: string
  /** The declaration, not the export. */
  readonly symbol: ts.Symbol
}

/** A program of the project's files, for questions about their names and types. */
export class PublicNames {
  readonly checker: ts.TypeChecker
  readonly #program: ts.Program

  /** @param more files besides the entry points, from the root of the project */
  constructor(more: readonly string[] = []) {
    const file = ts.readConfigFile(path.join(root, 'tsconfig.json'), (name) => ts.sys.readFile(name))
    const { options } = ts.parseJsonConfigFileContent(file.config, ts.sys, root)
    const files = [...Object.values(entryPoints), ...more].map((name) => path.join(root, name))
    this.#program = ts.createProgram(files, options)
    this.checker = this.#program.getTypeChecker()
  }

  source(file: string): ts.SourceFile {
    return this.#program.getSourceFile(path.join(root, file))!
  }

  /** The exports of the module in `file`. */
  exportsOf(file: string): readonly PublicName[] {
    const module = this.checker.getSymbolAtLocation(this.source(file))!
    return this.checker.getExportsOfModule(module).map((symbol) => ({
      name: symbol.name,
      symbol: this.#declared(symbol),
    }))
  }

  /** The declaration that an expression names; undefined for any other expression. */
  symbolOf(expression: ts.Node): ts.Symbol | undefined {
    const symbol = this.checker.getSymbolAtLocation(expression)
    return symbol && this.#declared(symbol)
  }

  #declared(symbol: ts.Symbol): ts.Symbol {
    return symbol.flags & ts.SymbolFlags.Alias ? this.checker.getAliasedSymbol(symbol) : symbol
  }
}
