/** Numbers as ui.md §9 writes them. */
import { expect, it } from 'vitest'
import {
  ago,
  bytes,
  clock,
  counted,
  day,
  digits,
  duration,
  numbersAndUnits,
  percent,
  rate,
  took,
} from '../../../ui/facts/numbers.js'

it('writes sizes with one decimal below 100 and none above, in decimal units', () => {
  expect([0, 999, 1_000, 950_000, 999_960, 1_400_000, 99_940_000, 224_000_000, 3.1e9].map(bytes)).toEqual([
    ...['0 B', '999 B', '1.0 kB', '950 kB', '1.0 MB', '1.4 MB', '99.9 MB', '224 MB', '3.1 GB'],
  ])
  expect(rate(12_300_000)).toBe('12.3 MB/s')
})

it('rounds seconds up', () => {
  expect([0, 0.2, 48, 59.2, 72, 3_599.5, 7_500].map(duration)).toEqual([
    ...['0 s', '1 s', '48 s', '1 min 00 s', '1 min 12 s', '1 h 00 min', '2 h 05 min'],
  ])
  expect([400, 7_400, 9_960, 72_000].map(took)).toEqual(['0.4 s', '7.4 s', '10 s', '1 min 12 s'])
  expect([0, 46, 75, 3_725].map(clock)).toEqual(['0:00', '0:46', '1:15', '1:02:05'])
})

it('rounds per cent down, and says 100 only if the work is done', () => {
  expect([percent(0.529), percent(0.9999), percent(1), percent(1, true)]).toEqual([52, 99, 99, 100])
})

it('cuts digests, counts things and splits units off', () => {
  expect(digits('sha256:0123456789abcdef')).toBe('0123456789ab')
  expect([counted(1, 'layer'), counted(1_234, 'file')]).toEqual(['1 layer', '1,234 files'])
  expect(numbersAndUnits('1 min 47 s')).toEqual([
    ['1', 'min'],
    ['47', 's'],
  ])
})

it('says when something was', () => {
  const now = new Date(2026, 10, 28, 14, 30).getTime()
  expect(day(new Date(2026, 10, 28, 9, 5).getTime(), now)).toBe('09:05')
  expect(day(new Date(2026, 10, 27, 23, 5).getTime(), now)).toBe('yesterday')
  expect(day(new Date(2026, 10, 12).getTime(), now)).toBe('12 Nov')
  expect([20_000, 120_000, 3_600_000, 6 * 86_400_000].map((span) => ago(now - span, now))).toEqual([
    ...['just now', '2 min ago', '1 h ago', '6 d ago'],
  ])
})
