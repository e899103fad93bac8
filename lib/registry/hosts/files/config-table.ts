/**
 * Reads fields of a table in a configuration file. A field of the wrong type is an error that names the file and the
 * line; unknown fields are ignored.
 */
import { quoted } from '../../../codec/printable.js'
import type { WindlassError } from '../../../errors.js'
import { configFault, type ConfigPath, type ConfigSource } from './config-source.js'

/** A table of TOML, or an object of JSON. `null` is equivalent to a missing field. */
export class ConfigTable {
  readonly #values: ReadonlyMap<string, unknown>
  readonly #source: ConfigSource
  readonly #at: ConfigPath

  constructor(value: object, source: ConfigSource, at: ConfigPath = []) {
    this.#values = new Map(Object.entries(value).filter(([, each]) => each !== null))
    this.#source = source
    this.#at = at
  }

  /** Path of the file. */
  get path(): string {
    return this.#source.path
  }

  /** The names of all fields, in the order of the file. */
  get keys(): readonly string[] {
    return [...this.#values.keys()]
  }

  /** Returns the value of a field of any type; undefined if it is missing. */
  value(key: string): unknown {
    return this.#values.get(key)
  }

  /** @throws USAGE when the field is not a string */
  text(key: string): string | undefined {
    const value = this.value(key)
    if (value === undefined || typeof value === 'string') return value
    throw this.fault([key], `${quoted(key)} must be a string`)
  }

  /** @throws USAGE when the field is neither true nor false */
  flag(key: string): boolean | undefined {
    const value = this.value(key)
    if (value === undefined || typeof value === 'boolean') return value
    throw this.fault([key], `${quoted(key)} must be true or false`)
  }

  /** @throws USAGE when the field is not an array of strings */
  texts(key: string): readonly string[] | undefined {
    const value = this.value(key)
    if (value === undefined || isTextList(value)) return value
    throw this.fault([key], `${quoted(key)} must be an array of strings`)
  }

  /** @throws USAGE when the field is not a table */
  table(key: string): ConfigTable | undefined {
    const value = this.value(key)
    if (value === undefined) return undefined
    if (isTable(value)) return new ConfigTable(value, this.#source, [...this.#at, key])
    throw this.fault([key], `${quoted(key)} must be a table`)
  }

  /** Returns the tables of an array; empty if the field is missing. @throws USAGE when it is not an array of tables */
  tables(key: string): readonly ConfigTable[] {
    const value = this.value(key) ?? []
    if (!Array.isArray(value) || !value.every(isTable))
      throw this.fault([key], `${quoted(key)} must be an array of tables`)
    return value.map((each, index) => new ConfigTable(each, this.#source, [...this.#at, key, index]))
  }

  /** Returns the line of a field of this table, or of the table itself; undefined if it is not known. */
  lineOf(at: ConfigPath): number | undefined {
    return this.#source.lineOf([...this.#at, ...at])
  }

  /** Returns the error about a field of this table, or about the table itself. */
  fault(at: ConfigPath, problem: string): WindlassError {
    return configFault(this.path, problem, this.lineOf(at))
  }
}

/** Reports whether a value is an array of strings. */
export const isTextList = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((each) => typeof each === 'string')

const isTable = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
