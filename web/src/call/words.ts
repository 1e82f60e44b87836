/** The call page's words. */
import en from "./en.json";
import zh from "./zh.json";

export type Key = keyof typeof en;
export type Language = "en" | "zh";
export type Say = (key: Key, values?: Record<string, string | number>) => string;

const WORDS: Record<Language, Record<Key, string>> = { en, zh };

export const LANGUAGES: ReadonlyArray<readonly [Language, string]> = [
  ["en", "English"],
  ["zh", "中文"],
];

export function isLanguage(code: unknown): code is Language {
  return code === "en" || code === "zh";
}

/** A function that gives a text with `{names}` filled in. */
export function speaker(language: Language): Say {
  return (key, values = {}) => WORDS[language][key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** The key of what is said about a problem; one that has no words of its own is told as a lost connection. */
export function problem(code: string): Key {
  const key = `problem_${code}`;
  return key in en ? (key as Key) : "problem_lost";
}
