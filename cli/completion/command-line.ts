/** Determines what the word at the cursor is: an option, the value of an option, or an argument. */
import type { Argument, Command, Option } from 'commander'

/** The word at the cursor. */
export type CurrentWord =
  | { readonly kind: 'option' }
  /** `prefix` is the part of the word before the value, such as `--store=`. */
  | { readonly kind: 'value'; readonly option: Option; readonly prefix: string; readonly value: string }
  | { readonly kind: 'argument'; readonly argument: Argument | undefined }

/**
 * Determines what the last of `words` is, the words after the name of `command`. Follows the rules of Commander:
 * `--option=value`, `-fvalue`, flags that share one dash, and `--`, after which everything is an argument.
 */
export function currentWord(command: Command, words: readonly string[]): CurrentWord {
  const current = words.at(-1) ?? ''
  const before = words.slice(0, -1)
  let operands = 0
  let onlyArguments = false
  let pending: Option | undefined
  for (const word of before) {
    if (pending) {
      const hasValue = pending.required || !word.startsWith('-')
      pending = undefined
      if (hasValue) continue
    }
    if (onlyArguments || !isOption(word)) operands++
    else if (word === '--') onlyArguments = true
    else pending = optionAwaitingValue(command, word)
  }
  if (pending && (pending.required || !isOption(current)))
    return { kind: 'value', option: pending, prefix: '', value: current }
  if (!onlyArguments && current.startsWith('-')) {
    const [, name = '', value] = /^(--[^=]+)=(.*)$/s.exec(current) ?? []
    const option = find(command, name)
    if (option && value !== undefined) return { kind: 'value', option, prefix: `${name}=`, value }
    return { kind: 'option' }
  }
  return { kind: 'argument', argument: argumentAt(command, operands) }
}

/** A dash alone is an argument, by convention stdin. */
const isOption = (word: string): boolean => word.startsWith('-') && word !== '-'

const find = (command: Command, flag: string): Option | undefined =>
  command.options.find(({ short, long }) => flag === short || flag === long)

/** Returns the option at the end of `word` if its value is the next word. */
function optionAwaitingValue(command: Command, word: string): Option | undefined {
  if (word.startsWith('--')) return takesValue(find(command, word))
  for (let at = 1; at < word.length; at++) {
    const option = takesValue(find(command, `-${word[at]}`))
    // What follows in the same word is its value.
    if (option) return at === word.length - 1 ? option : undefined
  }
  return undefined
}

const takesValue = (option: Option | undefined): Option | undefined =>
  option && (option.required || option.optional) ? option : undefined

function argumentAt({ registeredArguments }: Command, position: number): Argument | undefined {
  const last = registeredArguments.at(-1)
  return registeredArguments[position] ?? (last?.variadic ? last : undefined)
}
