// A heatmap's cells can be read one by one, with a pointer or with arrow keys: score, error and interval.
(() => {
  const normal95 = 1.959964;
  const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

  // As the report's tables write numbers.
  const signed = (value) => {
    const size = Math.abs(value).toFixed(3);
    if (Number(size) === 0) return size;
    return (value < 0 ? "\u2212" : "+") + size;
  };

  // What is to be said of a cell, line by line.
  const lines = (data, row, column) => {
    if (row === column) return [data.tasks[row], "the task itself"];
    const score = data.scores[row][column];
    const error = data.errors[row][column];
    const said = [`${data.tasks[row]} to ${data.tasks[column]}`];
    if (error === null) return [...said, `${data.what} ${signed(score)}, error unknown`];
    const low = score - normal95 * error;
    const high = score + normal95 * error;
    said.push(`${data.what} ${signed(score)} \u00b1 ${error.toFixed(3)}`);
    const zero = low > 0 || high < 0 ? "excludes 0" : "holds 0";
    said.push(`95\u00a0% interval ${signed(low)} to ${signed(high)}, ${zero}`);
    if (data.predicted?.[row][column]) said.push("predicted, as the pair was not trained");
    return said;
  };

  const element = (tag, properties, parent) => {
    const made = Object.assign(document.createElement(tag), properties);
    parent.append(made);
    return made;
  };

  const enhance = (box) => {
    const data = JSON.parse(box.dataset.cells);
    const count = data.tasks.length;
    const svg = box.querySelector("svg");
    const [left, top, width, height] = data.box;
    const mark = document.createElementNS(svg.namespaceURI, "rect");
    mark.setAttribute("class", "mark-cell");
    mark.setAttribute("width", width / count);
    mark.setAttribute("height", height / count);
    const tip = element("div", { className: "tip", hidden: true }, document.body);
    tip.setAttribute("aria-hidden", "true");
    const spoken = element("p", { className: "unseen" }, box.parentElement);
    spoken.setAttribute("role", "status");
    let at = [0, Math.min(1, count - 1)];

    const place = () => {
      const cell = mark.getBoundingClientRect();
      const middle = (cell.left + cell.right - tip.offsetWidth) / 2;
      const widest = document.documentElement.clientWidth - tip.offsetWidth - 4;
      tip.style.left = `${Math.max(4, Math.min(middle, widest))}px`;
      const above = cell.top - tip.offsetHeight - 6;
      tip.style.top = `${above > 4 ? above : cell.bottom + 6}px`;
    };
    const show = (row, column) => {
      at = [row, column];
      mark.setAttribute("x", left + (column * width) / count);
      mark.setAttribute("y", top + (row * height) / count);
      svg.append(mark);
      tip.replaceChildren();
      lines(data, row, column).forEach((text) => element("div", { textContent: text }, tip));
      tip.hidden = false;
      place();
    };
    const say = () => {
      spoken.textContent = lines(data, ...at).join(". ");
    };
    const hide = () => {
      tip.hidden = true;
      mark.remove();
    };
    const under = (event) => {
      const inside = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
      const column = Math.floor(((inside.x - left) / width) * count);
      const row = Math.floor(((inside.y - top) / height) * count);
      const within = row >= 0 && column >= 0 && row < count && column < count;
      if (within) show(row, column);
      else hide();
    };

    box.addEventListener("pointermove", under);
    box.addEventListener("pointerdown", under);
    box.addEventListener("pointerleave", hide);
    box.addEventListener("blur", hide);
    box.addEventListener("focus", () => {
      if (box.matches(":focus-visible")) {
        show(...at);
        say();
      }
    });
    box.addEventListener("keydown", (event) => {
      if (event.key === "Escape") hide();
      if (!(event.key in steps) || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      const within = (place) => Math.max(0, Math.min(count - 1, place));
      const [down, right] = tip.hidden ? [0, 0] : steps[event.key];
      show(within(at[0] + down), within(at[1] + right));
      mark.scrollIntoView({ block: "nearest", inline: "nearest" });
      place();
      say();
    });
    addEventListener("scroll", () => tip.hidden || place(), true);
    box.setAttribute("role", "application");
    box.setAttribute("aria-roledescription", "heatmap");
    box.setAttribute("aria-label", `${box.getAttribute("aria-label")}. Arrow keys go from cell to cell.`);
  };

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("[data-cells]").forEach(enhance);
    document.querySelectorAll(".scripted").forEach((hint) => {
      hint.hidden = false;
    });
  });
})();
