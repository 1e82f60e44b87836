import en from "./en.json";
import zh from "./zh.json";

export type Key = keyof typeof en;
export type Language = "en" | "zh";
export type Translate = (key: Key, values?: Record<string, string | number>) => string;

const STRINGS: Record<Language, Record<Key, string>> = { en, zh };

/** Whether a language has strings. */
export function isLanguage(code: string): code is Language {
  return Object.hasOwn(STRINGS, code);
}

/** The language to speak: the first of the wishes that we have, else English. */
export function pickLanguage(...wishes: Array<string | null | undefined>): Language {
  for (const wish of wishes) {
    const base = wish?.trim().toLowerCase().split(/[-_]/)[0];
    if (base === "en" || base === "zh") return base;
  }
  return "en";
}

/** A function that gives a string with `{names}` filled in, of the language or of the one spoken at the moment. */
export function translator(language: Language | (() => Language)): Translate {
  return (key, values = {}) =>
    STRINGS[typeof language === "function" ? language() : language][key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** Whether a server's code has a string of its own. */
export function isKey(key: string): key is Key {
  return key in en;
}
