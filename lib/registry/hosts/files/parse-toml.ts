/** Parses TOML files. */
import { parse, TomlError } from 'smol-toml'
import { printable } from '../../../codec/printable.js'
import { configFault } from './config-source.js'
import { ConfigTable } from './config-table.js'
import { tomlLineOf } from './toml-line.js'

/**
 * Parses the text of a TOML file.
 * @throws USAGE when it is not TOML; the message does not quote it
 */
export function parseToml(content: string, path: string): ConfigTable {
  const text = content.replace(/^\uFEFF/, '')
  try {
    return new ConfigTable(parse(text, { maxDepth: 100 }), { path, lineOf: (at) => tomlLineOf(text, at) })
  } catch (error) {
    if (!(error instanceof TomlError)) throw configFault(path, 'it is not TOML')
    // The rest of the message quotes the lines around the problem, which may contain secrets.
    const [problem = ''] = error.message.replace(/^Invalid TOML document: /, '').split('\n')
    throw configFault(path, `it is not TOML (${printable(problem)})`, error.line)
  }
}
