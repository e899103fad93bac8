/** Returns the full titles (`suite > test`) in the text of a spec, in order. */
export declare function testTitles(text: string, file?: string): string[]
