/**
 * What is printed on keyboards: layouts that are known beforehand, so that little has to be learned key by
 * key.
 */

/** What a key types plainly, with Shift, with AltGr, and with both; "" where nothing is known. */
export type Cell = readonly [string, string, string, string];

/** A layout: what keys type that write. */
export interface Table {
  readonly name: string;
  readonly cells: ReadonlyMap<string, Cell>;
  /** Whether the right Alt key is AltGr. */
  readonly altgr: boolean;
}

/** The keys that write, row by row. */
export const WRITING: readonly string[] = [
  "Backquote Digit1 Digit2 Digit3 Digit4 Digit5 Digit6 Digit7 Digit8 Digit9 Digit0 Minus Equal",
  "KeyQ KeyW KeyE KeyR KeyT KeyY KeyU KeyI KeyO KeyP BracketLeft BracketRight",
  "KeyA KeyS KeyD KeyF KeyG KeyH KeyJ KeyK KeyL Semicolon Quote Backslash",
  "IntlBackslash KeyZ KeyX KeyC KeyV KeyB KeyN KeyM Comma Period Slash IntlRo IntlYen",
].flatMap((row) => row.split(" "));

/**
 * Name; language that most of its users speak; plain and shifted characters in the order of `WRITING`, a
 * blank for dead keys and where there is none; then pairs of a key's plain character and what it types with
 * AltGr.
 */
// prettier-ignore
const PRINTED: readonly (readonly [string, string, string, string, string])[] = [
  ["us", "en-US", "`1234567890-=qwertyuiop[]asdfghjkl;'\\<zxcvbnm,./", "~!@#$%^&*()_+QWERTYUIOP{}ASDFGHJKL:\"|>ZXCVBNM<>?", ""],
  ["gb", "en-GB", "`1234567890-=qwertyuiop[]asdfghjkl;'#\\zxcvbnm,./", "¬!\"£$%^&*()_+QWERTYUIOP{}ASDFGHJKL:@~|ZXCVBNM<>?", "`|4€7{8[9]0}-\\q@ee\\|"],
  ["de", "de", " 1234567890ß qwertzuiopü+asdfghjklöä#<yxcvbnm,.-", "°!\"§$%&/()=? QWERTZUIOPÜ*ASDFGHJKLÖÄ'>YXCVBNM;:_", "7{8[9]0}ß\\q@e€+~<|"],
  ["fr", "fr", "²&é\"'(-è_çà)=azertyuiop $qsdfghjklmù*<wxcvbn,;:!", "~1234567890°+AZERTYUIOP £QSDFGHJKLM%µ>WXCVBN?./§", "é~\"#'{([-|è`_\\ç^à@)]=}e€q@<|"],
  ["es", "es", "º1234567890'¡qwertyuiop +asdfghjklñ ç<zxcvbnm,.-", "ª!\"·$%&/()=?¿QWERTYUIOP *ASDFGHJKLÑ Ç>ZXCVBNM;:_", "º\\1|2@3#4~7{8[9]0}'\\q@e€+]ç}<|"],
  ["latam", "es-MX", "|1234567890'¿qwertyuiop +asdfghjklñ{}<zxcvbnm,.-", "°!\"#$%&/()=?¡QWERTYUIOP *ASDFGHJKLÑ[]>ZXCVBNM;:_", "1|2@4~7{8[9]0}'\\q@e€+~ñ~<\\"],
  ["it", "it", "\\1234567890'ìqwertyuiopè+asdfghjklòàù<zxcvbnm,.-", "|!\"£$%&/()=?^QWERTYUIOPé*ASDFGHJKLç°§>ZXCVBNM;:_", "7{8[9]0}'`ì~q@e€è[+]ò@à#"],
  ["pt", "pt-PT", "\\1234567890'«qwertyuiop+ asdfghjklçº <zxcvbnm,.-", "|!\"#$%&/()=?»QWERTYUIOP* ASDFGHJKLÇª >ZXCVBNM;:_", "2@3£4§7{8[9]0}'\\q@e€<\\"],
  ["br", "pt-BR", "'1234567890-=qwertyuiop [asdfghjklç ]\\zxcvbnm,.;/", "\"!@#$% &*()_+QWERTYUIOP {ASDFGHJKLÇ }|ZXCVBNM<>:?", "4£7{8[9]0}-\\=§q/w?"],
  ["ch", "de-CH", "§1234567890' qwertzuiopü asdfghjklöä$<yxcvbnm,.-", "°+\"*ç%&/()=? QWERTZUIOPè!ASDFGHJKLéà£>YXCVBNM;:_", "1|2@3#7|9]0}q@e€ü[ä{$}<\\"],
  ["be", "nl-BE", "²&é\"'(§è!çà)-azertyuiop $qsdfghjklmùµ<wxcvbn,;:=", "³1234567890°_AZERTYUIOP *QSDFGHJKLM%£>WXCVBN?./+", "&|é@\"#§^è{![ç{à})\\a@e€$]<\\"],
  ["se", "sv", "§1234567890+ qwertyuiopå asdfghjklöä'<zxcvbnm,.-", "½!\"#¤%&/()=? QWERTYUIOPÅ ASDFGHJKLÖÄ*>ZXCVBNM;:_", "2@3£4$5€7{8[9]0}+\\q@e€<|"],
  ["no", "nb", "|1234567890+\\qwertyuiopå asdfghjkløæ'<zxcvbnm,.-", "§!\"#¤%&/()=? QWERTYUIOPÅ ASDFGHJKLØÆ*>ZXCVBNM;:_", "2@3£4$7{8[9]0}q@e€"],
  ["dk", "da", "½1234567890+ qwertyuiopå asdfghjklæø'<zxcvbnm,.-", "§!\"#¤%&/()=? QWERTYUIOPÅ ASDFGHJKLÆØ*>ZXCVBNM;:_", "2@3£4$7{8[9]0}q@e€<\\"],
  ["pl", "pl", "`1234567890-=qwertyuiop[]asdfghjkl;'\\<zxcvbnm,./", "~!@#$%^&*()_+QWERTYUIOP{}ASDFGHJKL:\"|>ZXCVBNM<>?", "5€7§wœeętßoópþaąsśdðfægŋlł<|zżxźcćnńmµ"],
  ["cz", "cs", ";+ěščřžýáíé= qwertzuiopú)asdfghjklů§ \\yxcvbnm,.-", " 1234567890% QWERTZUIOP/(ASDFGHJKL\"!'|YXCVBNM?:_", ";`+!ě@š#č$ř%ž^ý&á*í{é}=\\q\\w|e€tŧoøpþú[)]a~sđdĐf[g]h`j'kłlŁů$§'\\/x#c&v@b{n}m^,<.>-*"],
  ["hu", "hu", "0123456789öüóqwertzuiopőúasdfghjkléáűíyxcvbnm,.-", "§'\"+!%/=()ÖÜÓQWERTZUIOPŐÚASDFGHJKLÉÁŰÍYXCVBNM?:_", "1~3^7`q\\w|eÄtŧu€iÍaäsđdĐf[g]hħjíkłlŁé$áßí<y>x#c&v@b{n}m<,;.>-*"],
  ["tr", "tr", "\"1234567890*-qwertyuıopğüasdfghjklşi,<zxcvbnmöç.", "é!'^+%&/()=?_QWERTYUIOPĞÜASDFGHJKLŞİ;>ZXCVBNMÖÇ:", "\"<1>2£3#4$7{8[9]0}*\\-|q@e€ü~i',`<|"],
  ["ru", "ru", "ё1234567890-=йцукенгшщзхъфывапролджэ\\/ячсмитьбю.", "Ё!\"№;%:?*()_+ЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭ/|ЯЧСМИТЬБЮ,", "8₽/|"],
  ["ua", "uk", "'1234567890-=йцукенгшщзхїфівапролджєґ/ячсмитьбю.", "ʼ!\"№;%:?*()_+ЙЦУКЕНГШЩЗХЇФІВАПРОЛДЖЄҐ|ЯЧСМИТЬБЮ,", "3§4$6<7>9[0]ґ\\/|./"],
  ["gr", "el", "`1234567890-=;ςερτυθιοπ[]ασδφγηξκλ '\\«ζχψωβνμ,./", "~!@#$%^&*()_+:ΣΕΡΤΥΘΙΟΠ{}ΑΣΔΦΓΗΞΚΛ \"|»ΖΧΨΩΒΝΜ<>?", "3£5€ε€«|"],
  ["il", "he", ";1234567890-=/'קראטוןםפ][שדגכעיחלךף,\\<זסבהנמצתץ.", "~!@#$%^&*)(_+QWERTYUIOP}{ASDFGHJKL:\"|>ZXCVBNM><?", "3€4₪<|"],
  ["jp", "ja", " 1234567890-^qwertyuiop@[asdfghjkl;:]<zxcvbnm,./\\\\", " !\"#$%&'()~=~QWERTYUIOP`{ASDFGHJKL+*}>ZXCVBNM<>?_|", ""],
  ["dvorak", "", "`1234567890[]',.pyfgcrl/=aoeuidhtns-\\<;qjkxbmwvz", "~!@#$%^&*(){}\"<>PYFGCRL?+AOEUIDHTNS_|>:QJKXBMWVZ", ""],
  ["colemak", "", "`1234567890-=qwfpgjluy;[]arstdhneio'\\-zxcvbkm,./", "~!@#$%^&*()_+QWFPGJLUY:{}ARSTDHNEIO\"|_ZXCVBKM<>?", ""],
];

function parse([name, , plain, shifted, pairs]: (typeof PRINTED)[number]): Table {
  const third = new Map<string, string>();
  for (let at = 0; at + 1 < pairs.length; at += 2) {
    const typed = pairs.charAt(at);
    if (!third.has(typed)) third.set(typed, pairs.charAt(at + 1));
  }
  const cells = new Map<string, Cell>();
  WRITING.forEach((code, n) => {
    const [one, two] = [plain.charAt(n).trim(), shifted.charAt(n).trim()];
    if (one !== "" || two !== "") cells.set(code, [one, two, third.get(one) ?? "", ""]);
  });
  cells.set("Space", [" ", " ", "", ""]);
  return { name, cells, altgr: pairs !== "" };
}

/** All of them; the first is the one to begin with when nothing is known. */
export const TABLES: readonly Table[] = PRINTED.map(parse);

/** The layout that most speakers of the first of these languages have that is known here. */
export function ofLanguages(languages: readonly string[]): Table | undefined {
  const known = (matches: (language: string) => boolean) =>
    TABLES[PRINTED.findIndex(([, language]) => language !== "" && matches(language))];
  for (const wanted of languages) {
    const short = wanted.split("-")[0] ?? "";
    const found =
      known((language) => language === wanted) ??
      known((language) => language === short) ??
      known((language) => language.split("-")[0] === short);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What a key types. */
export function cell(table: Table, code: string): Cell {
  return table.cells.get(code) ?? EMPTY;
}

const EMPTY: Cell = ["", "", "", ""];

/** Whether a layout writes Latin letters: shortcuts of apps are made of those. */
export function isLatin(table: Table): boolean {
  return /[a-z]/.test([..."FJDK"].map((letter) => cell(table, `Key${letter}`)[0]).join(""));
}

/** Whether this is one character that a key can have: no control, no half of one. */
export function isWritten(text: string): boolean {
  return /^[^\p{Cc}\p{Cs}]$/u.test(text);
}

/** Whether two characters on one key are a letter's two cases; `strictly`: in every language. */
export function areCases(a: string, b: string, strictly = false): boolean {
  return hasCase(a) && hasCase(b) && a !== b && (!strictly || a.toLowerCase() === b.toLowerCase());
}

function hasCase(letter: string): boolean {
  return letter.toLowerCase() !== letter.toUpperCase();
}
