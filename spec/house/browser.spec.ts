/** The entry points that a browser can load: neither what they import nor the globals that they use are Node's. */
import path from 'node:path'
import ts from 'typescript'
import { expect, it } from 'vitest'
import { root, textOf } from '../support/source-tree.js'

const { compilerOptions } = ts.parseConfigFileTextToJson('tsconfig.json', textOf('tsconfig.json')).config as {
  compilerOptions: object
}

const entries = ['lib/events/index.ts', 'lib/flow/index.ts']

/** The errors of the compiler where there are the types of a browser, and none of Node. */
function errorsWith(added: string): readonly string[] {
  const { options } = ts.convertCompilerOptionsFromJson(
    { ...compilerOptions, incremental: false, types: [], typeRoots: [], lib: ['es2023', 'dom'] },
    root,
  )
  const files = entries.map((file) => path.join(root, file))
  const host = ts.createCompilerHost(options)
  const readFile = host.readFile.bind(host)
  host.readFile = (file) => (file === files[0] ? `${textOf(entries[0]!)}\n${added}` : readFile(file))
  return ts
    .getPreEmitDiagnostics(ts.createProgram(files, options, host))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '))
}

it('windlass/events and windlass/flow need nothing of Node', () => {
  expect(errorsWith('')).toEqual([])
})

it('an import of Node and a global of Node would be noticed', () => {
  const added = "import 'node:fs'; import { sep } from 'node:path'; void [sep, process.pid, Buffer.from('a')]"
  expect(errorsWith(added)).toEqual([
    expect.stringContaining('node:fs'),
    expect.stringContaining('node:path'),
    expect.stringContaining('process'),
    expect.stringContaining('Buffer'),
  ])
})
