/** Compiles every code block of the guide, as strictly as the library itself. */
import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { isThere, root } from '../support/source-tree.js'

const guide = path.join(root, 'docs/guide')
const pages = readdirSync(guide).filter((file) => file.endsWith('.md'))
const textOfPage = (page: string): string => readFileSync(path.join(guide, page), 'utf8')

/** The blocks of TypeScript, each as a file that stands in the root of the repository. */
const blocks = new Map(
  pages.flatMap((page) =>
    [...textOfPage(page).matchAll(/^```ts\n(.*?)^```$/gms)].map(
      (match, at) => [path.join(root, `${page}-${at + 1}.ts`), match[1]!] as const,
    ),
  ),
)

const config = ts.readConfigFile(path.join(root, 'tsconfig.json'), (file) => ts.sys.readFile(file))
const { options } = ts.parseJsonConfigFileContent(config.config as object, ts.sys, root)
const compiler: ts.CompilerOptions = { ...options, incremental: false, noUnusedLocals: false }
delete compiler.tsBuildInfoFile
const disk = ts.createCompilerHost(compiler)
const host: ts.CompilerHost = {
  ...disk,
  fileExists: (file) => blocks.has(file) || disk.fileExists(file),
  readFile: (file) => blocks.get(file) ?? disk.readFile(file),
  getSourceFile: (file, language) => {
    const block = blocks.get(file)
    return block === undefined
      ? disk.getSourceFile(file, language)
      : ts.createSourceFile(file, `${block}\nexport {}\n`, language)
  },
}

describe('the guide', () => {
  it('has code blocks that compile', () => {
    expect(blocks.size).toBeGreaterThan(15)
    const program = ts.createProgram([...blocks.keys()], compiler, host)
    const problems = [...blocks.keys()].flatMap((file) => {
      const source = program.getSourceFile(file)
      return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
        ({ messageText, start = 0 }) =>
          `${path.basename(file)}:${(source?.getLineAndCharacterOfPosition(start).line ?? 0) + 1}: ` +
          ts.flattenDiagnosticMessageText(messageText, ' '),
      )
    })
    expect(problems).toEqual([])
  })

  it.each(pages)('has links in %s that lead somewhere', (page) => {
    const links = [...textOfPage(page).matchAll(/\]\(([^)#:]+)\)/g)].map((match) => match[1]!)
    expect(links.filter((link) => !isThere(path.join('docs/guide', link)))).toEqual([])
  })

  it('lists every page', () => {
    const listed = [...textOfPage('README.md').matchAll(/\]\(([\w-]+\.md)\)/g)].map((match) => match[1]!)
    expect(listed.sort()).toEqual(pages.filter((page) => page !== 'README.md').sort())
  })
})
