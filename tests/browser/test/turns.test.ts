/**
 * Several people at one session: each has the windows as that screen wants them while using them, and nobody
 * else changes them.
 */

import { expect } from "vitest";
import { Chromium, ChromiumBrowser, type ChromiumPage, type Device } from "../src/browsers/chromium";
import { Fingers } from "../src/browsers/touch";
import { Desk, type Shown } from "../src/desk";
import { whereAble } from "../src/each";
import { Stage } from "../src/stage";
import { story } from "../src/story";
import { TestApp } from "../src/testapp";
import { settles, until } from "../src/wait";

const SIZE = { width: 640, height: 480 };
const SMALL: Device = { width: 900, height: 620, scale: 1, phone: false };
/** The test app draws one pixel for a unit, also here. */
const PHONE: Device = { width: 390, height: 844, scale: 3, phone: true };

interface Size {
  width: number;
  height: number;
}

/** Where a button was pressed in the app. */
interface Place {
  x: number;
  y: number;
}

/** Somebody with a browser of their own. */
class Person {
  private constructor(
    readonly browser: ChromiumBrowser,
    readonly desk: Desk,
  ) {}

  static async join(link: string, device: Device): Promise<Person> {
    const browser = await ChromiumBrowser.start(device);
    return new Person(browser, await Desk.open(await browser.newPage(), link));
  }

  get page(): ChromiumPage {
    return this.desk.page as ChromiumPage;
  }

  leave(): Promise<void> {
    return this.browser.close();
  }
}

whereAble("turns", Chromium.hindrance, () => {
  let app: TestApp;
  let desk: Desk;
  const people: Person[] = [];
  const set = () => Stage.set(Chromium, {});
  const start = async (stage: Stage) => {
    const size = ["--size", `${SIZE.width}x${SIZE.height}`, "--title", "Turns"];
    app = await TestApp.start(stage.host, size);
    desk = await stage.open("&probe");
    await desk.window(TestApp.ID);
    await sized(({ width }) => width === SIZE.width);
  };
  const join = async (stage: Stage, link: string, device: Device) => {
    const person = await Person.join(link, device);
    people.push(person);
    stage.pages.push(person.page);
    return person;
  };
  const leave = async (stage: Stage) => {
    for (const person of people.splice(0)) {
      stage.pages.splice(stage.pages.indexOf(person.page), 1);
      await person.leave();
    }
  };

  /** Waits until the app has such a size. */
  const sized = (wanted: (size: Size) => boolean) =>
    settles(
      "the app's size",
      async () => {
        const { width, height } = await app.state();
        return { width, height };
      },
      wanted,
    );
  /** The app has had this size all the time, and its window on this page is as large. */
  const untouched = async (sizes: number) => {
    expect(app.entries("size")).toHaveLength(sizes);
    const { width, height } = await app.state();
    expect({ width, height }).toEqual(SIZE);
  };
  const configures = () => app.entries("size").length;
  const middle = ({ canvas }: Shown): [number, number] => [
    canvas.x + canvas.width / 2,
    canvas.y + canvas.height / 2,
  ];
  const clicked = async (act: () => Promise<unknown>) => {
    const before = (await app.state()).input;
    await settles(
      "the press in the app",
      async () => {
        await act();
        return (await app.state()).input;
      },
      (input) => input > before,
    );
  };

  story("a desktop and a phone", set, (step) => {
    let phone: Person;
    let fingers: Fingers;
    let sizes: number;

    step("a desktop has its window, and a phone joins and looks on", async (stage) => {
      await start(stage);
      sizes = configures();
      phone = await join(stage, stage.host.link, PHONE);
      fingers = new Fingers(phone.page);
      const window = await phone.desk.window(TestApp.ID);
      await settles(
        "the whole window on the phone",
        () => phone.desk.window(TestApp.ID),
        ({ canvas }) => canvas.width <= PHONE.width + 1 && canvas.width > PHONE.width - 40,
      );
      expect(window.canvas.width / window.canvas.height).toBeCloseTo(SIZE.width / SIZE.height, 1);
      await untouched(sizes);
    });

    step("the phone turns, zooms and is hidden: nothing changes", async () => {
      await phone.page.resize(PHONE.height, PHONE.width);
      await settles(
        "the window on the phone that lies",
        () => phone.desk.window(TestApp.ID),
        ({ canvas }) => canvas.height <= PHONE.width,
      );
      await phone.page.resize(PHONE.width, PHONE.height);
      await settles(
        "the window on the phone that stands",
        () => phone.desk.window(TestApp.ID),
        ({ canvas }) => canvas.width <= PHONE.width + 1,
      );
      const [x, y] = middle(await phone.desk.window(TestApp.ID));
      const before = (await phone.desk.window(TestApp.ID)).canvas.width;
      await fingers.slide([
        { from: [x - 40, y], to: [x - 120, y] },
        { from: [x + 40, y], to: [x + 120, y] },
      ]);
      await settles(
        "a larger picture",
        async () => (await phone.desk.window(TestApp.ID)).canvas.width,
        (width) => width > before * 1.5,
      );
      await fingers.slide([
        { from: [x - 120, y], to: [x - 20, y] },
        { from: [x + 120, y], to: [x + 20, y] },
      ]);
      await settles(
        "the whole picture",
        async () => (await phone.desk.window(TestApp.ID)).canvas.width,
        (width) => Math.abs(width - before) < 2,
      );
      await untouched(sizes);
    });

    step("a tap on the phone takes over, and hits what it is on", async () => {
      const window = await phone.desk.window(TestApp.ID);
      const before = app.entries("button").length;
      // Once: by the seat the window gets the phone's size, and the same place on the screen is another one
      // of it.
      await fingers.tap(...middle(window));
      const button = await until("the press in the app", () => app.entries<Place>("button")[before]);
      expect(Math.abs(button.x - SIZE.width / 2)).toBeLessThan(4);
      expect(Math.abs(button.y - SIZE.height / 2)).toBeLessThan(4);
      await settles(
        "the window that fills the phone",
        () => phone.desk.window(TestApp.ID),
        ({ pixels, canvas }) => pixels.width === PHONE.width && Math.abs(canvas.width - PHONE.width) <= 1,
      );
    });

    step("the desktop sees the phone's window whole, and a click in it brings its own back", async () => {
      const { canvas } = await settles(
        "the phone's window on the desktop",
        () => desk.window(TestApp.ID),
        ({ pixels }) => pixels.width === PHONE.width,
      );
      expect(canvas.height).toBeLessThanOrEqual(800);
      expect(canvas.width / canvas.height).toBeLessThan(0.7);
      await clicked(async () => desk.clickIn(await desk.window(TestApp.ID), 20, 20));
      await sized(({ width, height }) => width === SIZE.width && height === SIZE.height);
      const window = await desk.window(TestApp.ID);
      await settles(
        "every pixel",
        async () => app.differing(desk, window),
        (pixels) => pixels === 0,
      );
    });

    step("the phone leaves, and nothing changes", async (stage) => {
      const before = configures();
      await leave(stage);
      await desk.page.press("a");
      await untouched(before);
      expect(stage.browser.complaints).toEqual([]);
    });
  });

  story("two desktops with windows that fill them", set, (step) => {
    let other: Person;
    const fills = async (desk: Desk) => {
      const room = await desk.page.evaluate(() => {
        const { width, height } = (document.querySelector(".stage") as Element).getBoundingClientRect();
        return { width, height };
      });
      await settles(
        "the window that fills the desk",
        () => desk.window(TestApp.ID),
        ({ box, pixels }) => Math.abs(box.width - room.width) <= 2 && pixels.width === Math.round(room.width),
      );
      await sized(({ width }) => width === Math.round(room.width));
    };
    const maximise = (desk: Desk) => desk.page.press("Control+Alt+ArrowUp");

    step("one maximises a window, and another joins and looks on", async (stage) => {
      await start(stage);
      await app.focus(desk, await desk.window(TestApp.ID));
      await maximise(desk);
      await fills(desk);
      const before = configures();
      other = await join(stage, stage.host.link, SMALL);
      await settles(
        "the whole window on the smaller desk",
        () => other.desk.window(TestApp.ID),
        ({ box }) => box.width <= SMALL.width && box.height <= SMALL.height,
      );
      expect(configures()).toBe(before);
      await fills(desk);
    });

    step("they take turns, and each has the window fill its own desk", async () => {
      for (let turn = 0; turn < 2; turn++) {
        await clicked(async () => other.desk.focus(await other.desk.window(TestApp.ID)));
        await fills(other.desk);
        await settles(
          "the whole window on the larger desk",
          () => desk.window(TestApp.ID),
          ({ pixels, canvas }) => pixels.width === SMALL.width && Math.abs(canvas.width - SMALL.width) <= 2,
        );
        await clicked(async () => desk.focus(await desk.window(TestApp.ID)));
        await fills(desk);
      }
    });

    step("the other restores the window, and the first still has it fill the desk", async () => {
      await clicked(async () => other.desk.focus(await other.desk.window(TestApp.ID)));
      await fills(other.desk);
      await other.page.press("Control+Alt+ArrowDown");
      await sized(({ width }) => width < SMALL.width);
      await clicked(async () => desk.focus(await desk.window(TestApp.ID)));
      await fills(desk);
    });

    step("a page that is loaded again finds its windows as they were, and keeps the seat", async () => {
      const before = configures();
      await desk.page.evaluate(() => location.reload());
      await desk.online();
      await fills(desk);
      expect(configures()).toBeLessThanOrEqual(before + 1);
    });

    step("when one leaves, the window stays as the other wants it", async (stage) => {
      await leave(stage);
      await fills(desk);
      expect(stage.browser.complaints).toEqual([]);
    });
  });

  story("somebody who may only look", set, (step) => {
    step("changes nothing, whatever the screen", async (stage) => {
      await start(stage);
      const sizes = configures();
      for (const device of [SMALL, PHONE]) {
        const viewer = await join(stage, stage.host.viewLink, device);
        const window = await viewer.desk.window(TestApp.ID);
        await viewer.page.tab.mouse.click(...middle(window));
        await viewer.page.resize(device.height, device.width);
        await settles(
          "the whole window",
          () => viewer.desk.window(TestApp.ID),
          ({ box }) => box.width <= device.height && box.height <= device.width,
        );
        await untouched(sizes);
        await leave(stage);
      }
      await untouched(sizes);
    });
  });
});
