// Follows a board: moves rows, counts up, says how fresh the numbers are. Without it the page still shows them.
"use strict";

const main = document.querySelector("main[data-live]");
const table = document.getElementById("board");
const body = table.tBodies[0];
const empty = document.getElementById("empty");
const quiet = document.getElementById("quiet");
const more = document.getElementById("more");
const freshness = document.getElementById("freshness");
const state = document.getElementById("state");
const teams = main.dataset.teams === "1";
const still = matchMedia("(prefers-reduced-motion: reduce)");
const number = new Intl.NumberFormat("en");
const moves = new WeakMap();
const columns = [...table.tHead.querySelectorAll("[data-column]")];

const rows = new Map([...body.rows].map((row) => [row.dataset.user, row]));

function cell(tag, className, ...children) {
  const made = document.createElement(tag);
  made.className = className;
  made.append(...children);
  return made;
}

function makeRow(user) {
  const row = document.createElement("tr");
  row.dataset.user = user;
  const name = cell("th", "", document.createElement("bdi"));
  name.scope = "row";
  row.append(cell("td", "number rank"), name);
  if (teams) row.append(cell("td", "wide", document.createElement("bdi")));
  for (const column of columns) {
    const made = cell("td", column.className);
    made.dataset.value = column.dataset.column;
    row.append(made);
  }
  return row;
}

function show(element, text) {
  if (element.textContent === text) return false;
  element.textContent = text;
  return true;
}

function fill(row, standing) {
  show(row.querySelector(".rank"), String(standing.rank));
  const names = row.querySelectorAll("bdi");
  show(names[0], standing.user);
  if (teams) show(names[1], standing.team);
  let grown = false;
  for (const column of columns) {
    const value = column.dataset.column;
    grown = show(row.querySelector(`[data-value=${value}]`), number.format(standing[value])) || grown;
  }
  return grown;
}

function update(board) {
  const before = new Map([...rows.values()].map((row) => [row, row.getBoundingClientRect().top]));
  for (const row of before.keys()) moves.get(row)?.cancel();
  const shown = new Set();
  const grown = [];
  board.standings.forEach((standing, place) => {
    const row = rows.get(standing.user) ?? makeRow(standing.user);
    rows.set(standing.user, row);
    shown.add(standing.user);
    if (fill(row, standing)) grown.push(row);
    if (body.rows[place] !== row) body.insertBefore(row, body.rows[place] ?? null);
  });
  for (const [user, row] of rows) {
    if (!shown.has(user)) {
      row.remove();
      rows.delete(user);
    }
  }
  flash(grown);
  if (!still.matches) move(before);
  table.hidden = board.standings.length === 0;
  empty.hidden = !table.hidden;
  quiet.replaceChildren(...board.quiet.map(makeSentence));
  const others = board.totals.editors - board.standings.length;
  more.hidden = others <= 0;
  show(more, `and ${number.format(others)} more`);
  for (const total of document.querySelectorAll("[data-total]")) {
    show(total, number.format(board.totals[total.dataset.total]));
  }
  showFreshness(board);
}

function makeSentence(text) {
  const line = document.createElement("li");
  line.textContent = text;
  return line;
}

function flash(grown) {
  for (const row of grown) row.classList.remove("grown");
  void body.offsetWidth;
  for (const row of grown) row.classList.add("grown");
}

// From where each row was seen, which is on its way when the last move has not ended.
function move(before) {
  const way = [...before].map(([row, top]) => [row, top - row.getBoundingClientRect().top]);
  for (const [row, by] of way) {
    if (!by || !row.isConnected) continue;
    const steps = [{ transform: `translateY(${by}px)` }, { transform: "none" }];
    moves.set(row, row.animate(steps, { duration: 400, easing: "ease-out" }));
  }
}

function behind(seconds) {
  for (const [size, unit] of [[86400, "days"], [3600, "hours"], [60, "minutes"]]) {
    if (seconds >= 2 * size) return `${Math.floor(seconds / size)} ${unit}`;
  }
  return `${seconds.toFixed(1)} s`;
}

function showFreshness(board) {
  if (board.as_of === null) {
    show(freshness, "Nothing has been read from the stream yet.");
    return;
  }
  const at = new Date(board.as_of).toISOString();
  const clock = board.lag_seconds < 86400 ? at.slice(11, 19) : `${at.slice(0, 10)} ${at.slice(11, 19)}`;
  const gaps = board.gaps ? `${board.gaps} ${board.gaps === 1 ? "gap" : "gaps"}: some edits are missing` : "no gaps";
  show(freshness, `As of ${clock} UTC · ${behind(board.lag_seconds)} behind · ${gaps}`);
}

// What `api/pages.py` says of alerts.
const alerts = document.getElementById("alerts");
const alertList = document.getElementById("alert-list");

function counted(feed) {
  const parts = Object.entries(feed.counts).map(([kind, count]) => `${kind.replaceAll("_", " ")} ${count}`);
  for (const word of ["acknowledged", "muted"]) if (feed[word]) parts.push(`${word} ${feed[word]}`);
  return parts.join(" · ");
}

function told(alert) {
  const at = `${alert.changed_at.slice(0, 16).replace("T", " ")} UTC`;
  const users = alert.title ? alert.users.join(", ") : "";
  return [at, alert.wiki, users, alert.steps.at(-1).detail].filter(Boolean).join(" · ");
}

function isolated(text) {
  const made = document.createElement("bdi");
  made.textContent = text;
  return made;
}

function makeAlert(alert) {
  const what = document.createElement("p");
  if (alert.title) {
    const link = document.createElement("a");
    link.href = alert.url;
    link.append(isolated(alert.title));
    what.append(link);
  } else {
    what.append(alert.users.length ? isolated(alert.users.join(", ")) : "This program");
  }
  what.append(`: ${alert.phrase}`);
  const when = document.createElement("p");
  when.className = "when";
  when.textContent = told(alert);
  return cell("li", `alert ${alert.state}`, what, when);
}

let reading = false;
let again = false;

// One answer at a time, and none is missed: what comes meanwhile is asked for afterwards.
async function readAlerts() {
  if (!alerts) return;
  again = reading;
  if (reading) return;
  reading = true;
  try {
    const answer = await fetch(alerts.dataset.feed);
    if (!answer.ok) return;
    const feed = await answer.json();
    alertList.replaceChildren(...feed.alerts.map(makeAlert));
    document.getElementById("alert-empty").hidden = feed.alerts.length > 0;
    show(document.getElementById("alert-counts"), counted(feed));
  } catch {
    // The stream says that the connection is lost.
  } finally {
    reading = false;
    if (again) readAlerts();
  }
}

let wait = 1000;
let lost = false;

function follow() {
  const source = new EventSource(main.dataset.live);
  source.addEventListener("board", (event) => {
    wait = 1000;
    show(state, "");
    update(JSON.parse(event.data));
  });
  source.addEventListener("alert", readAlerts);
  source.addEventListener("open", () => {
    if (lost) readAlerts();
    lost = false;
  });
  source.addEventListener("stale", () => show(state, "The store does not answer; these are the last numbers."));
  source.addEventListener("gone", () => {
    source.close();
    show(state, "This program is no longer public.");
  });
  source.addEventListener("error", () => {
    lost = true;
    show(state, "Connection lost; trying again …");
    // After an answer other than 200 a browser gives up for good.
    if (source.readyState === EventSource.CLOSED) {
      setTimeout(follow, wait);
      wait = Math.min(wait * 2, 30000);
    }
  });
}

follow();
