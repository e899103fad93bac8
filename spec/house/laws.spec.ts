/** Whether every exported function that makes a stage runs under the laws: `keepsTheLaws` in `spec/laws`. */
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { type PublicName, PublicNames, entryPoints } from '../support/public-names.js'
import { sourcesBelow } from '../support/source-tree.js'

const specs = sourcesBelow('spec/laws')
const names = new PublicNames(specs)
const { checker } = names

const flow = names.exportsOf('lib/flow/index.ts').find(({ name }) => name === 'Flow')!.symbol
const isFlow = (type: ts.Type): boolean => type.getSymbol() === flow

/** Whether a value of this type is a stage: a function from one flow to another. */
const isStage = (type: ts.Type): boolean =>
  type.getCallSignatures().some((signature) => {
    const [input, ...others] = signature.getParameters()
    if (input === undefined || others.length > 0) return false
    return isFlow(checker.getTypeOfSymbol(input)) && isFlow(signature.getReturnType())
  })

/** Whether the export is a stage or, in one of its overloads, a function that returns one. */
function makesStages({ symbol }: PublicName): boolean {
  const type = checker.getTypeOfSymbol(symbol)
  return isStage(type) || type.getCallSignatures().some((each) => isStage(each.getReturnType()))
}

const makers = new Map(
  Object.values(entryPoints)
    .flatMap((file) => names.exportsOf(file))
    .filter(makesStages)
    .map(({ name, symbol }) => [symbol, name]),
)

/** One call of `keepsTheLaws`: the function that it names, and those that its `make` calls. */
interface LawRun {
  readonly at: string
  readonly maker: ts.Symbol | undefined
  readonly called: ReadonlySet<ts.Symbol | undefined>
}

function childrenOf(node: ts.Node): ts.Node[] {
  const children: ts.Node[] = []
  ts.forEachChild(node, (child) => void children.push(child))
  return children
}

const callsIn = (node: ts.Node): ts.CallExpression[] => [
  ...(ts.isCallExpression(node) ? [node] : []),
  ...childrenOf(node).flatMap(callsIn),
]

const runs = specs.flatMap((file): LawRun[] => {
  const source = names.source(file)
  return callsIn(source)
    .filter(({ expression }) => names.symbolOf(expression)?.name === 'keepsTheLaws')
    .map((call) => {
      const [maker, options] = call.arguments
      const make = childrenOf(options!).find(
        (each) => ts.isPropertyAssignment(each) && each.name.getText() === 'make',
      )
      return {
        at: `${file}:${source.getLineAndCharacterOfPosition(call.getStart()).line + 1}`,
        maker: names.symbolOf(maker!),
        called: new Set(make && callsIn(make).map(({ expression }) => names.symbolOf(expression))),
      }
    })
})

describe('the laws of stages', () => {
  it('are for what returns a stage, by its type', () => {
    const found = [...makers.values()]
    expect(found).toEqual(
      expect.arrayContaining(['branch', 'compose', 'resolve', 'pullStage', 'pull', 'allTags']),
    )
    expect(found).not.toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^(run|scoped|unpackSlots|pullStages|nonEmptyTags|transfer)$/),
      ]),
    )
  })

  it('are run over every stage that an entry point exports', () => {
    const under = new Set(runs.map(({ maker }) => maker))
    expect([...makers].filter(([symbol]) => !under.has(symbol)).map(([, name]) => name)).toEqual([])
  })

  it('are run over what the function makes that is named', () => {
    expect(runs.filter(({ maker, called }) => !called.has(maker)).map(({ at }) => at)).toEqual([])
  })
})
