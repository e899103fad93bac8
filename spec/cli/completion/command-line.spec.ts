import { Command } from 'commander'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { currentWord } from '../../../cli/completion/command-line.js'

const command = (): Command =>
  new Command('pull')
    .argument('<image>')
    .argument('[directory...]')
    .option('-f, --file <file>', '')
    .option('-q, --quiet', '')
    .option('-l', '')
    .option('--via [address]', '')

/** Describes the word at the cursor: `value --file x`, `argument image`, `option`. */
function described(...words: string[]): string {
  const word = currentWord(command(), words)
  if (word.kind === 'value') return `value ${word.option.long} ${word.prefix}|${word.value}`
  return word.kind === 'argument' ? `argument ${word.argument?.name()}` : word.kind
}

describe('currentWord', () => {
  it.each([
    [[''], 'argument image'],
    [['al'], 'argument image'],
    [['alpine', ''], 'argument directory'],
    [['alpine', 'a', 'b', ''], 'argument directory'],
    [['-q', ''], 'argument image'],
    [['--quiet', 'alpine', ''], 'argument directory'],
    [['--file', ''], 'value --file |'],
    [['--file', 'x'], 'value --file |x'],
    [['-f', 'x'], 'value --file |x'],
    [['-qlf', 'x'], 'value --file |x'],
    [['-fx', ''], 'argument image'],
    [['--file', 'x', ''], 'argument image'],
    [['--file=x', ''], 'argument image'],
    [['--file=x'], 'value --file --file=|x'],
    [['--file', '--quiet'], 'value --file |--quiet'],
    [['--via', ''], 'value --via |'],
    [['--via', '--q'], 'option'],
    [['--via', 'x', ''], 'argument image'],
    [['--unknown', ''], 'argument image'],
    [['-'], 'option'],
    [['--'], 'option'],
    [['--', '--qu'], 'argument image'],
    [['-', ''], 'argument directory'],
    [['--', '-q', ''], 'argument directory'],
    [['--via', '--file', ''], 'value --file |'],
    [['--file=a\nb'], 'value --file --file=|a\nb'],
  ])('%j is %s', (words, expected) => {
    expect(described(...words)).toBe(expected)
  })

  it('is no argument where the command takes no more', () => {
    const one = new Command('tags').argument('<repository>')
    expect(currentWord(one, ['app', ''])).toEqual({ kind: 'argument', argument: undefined })
  })

  it('accepts any words', () => {
    const word = fc.oneof(fc.string(), fc.constantFrom('-', '--', '-f', '--file', '--file=', '-qf', '--via'))
    fc.assert(fc.property(fc.array(word), (words) => void described(...words)))
  })
})
