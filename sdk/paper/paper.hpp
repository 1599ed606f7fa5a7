// Documents that first-party plugins draw: texts in any script and plain shapes on pages, as a PDF. Pango and cairo
// stay behind it. A static library of its own; no part of what other people's plugins get.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "stoa/time.hpp"

namespace stoa::paper {

/// Points, 72 to the inch.
struct page_size {
  double width = 0, height = 0;
};
inline constexpr page_size a4_upright{595, 842}, a4_wide{842, 595};

/// 0 is black, 1 is white.
struct ink {
  double red = 0, green = 0, blue = 0;
  static constexpr ink grey(double g) { return {g, g, g}; }
};

enum class side { left, right, middle };

struct text_look {
  const char* family = "Sans";  ///< as Pango names it, with its style: `Sans Bold`
  double size = 10;
  ink colour = ink::grey(0.1);
  side where = side::left;
  /// The text is drawn smaller, down to a third, until it takes no more lines; what is too long even so ends in dots.
  /// 0: as many as it needs.
  int most_lines = 0;
};

/// Pages that are drawn one after another. The same calls give the same bytes. Not thread-safe; different ones on
/// different threads are. Drawing takes milliseconds: in `offload`.
class canvas {
 public:
  /// Both go into the document's own description.
  canvas(page_size size, timestamp made, const std::string& title);
  ~canvas();
  canvas(const canvas&) = delete;
  canvas& operator=(const canvas&) = delete;

  /// Writes UTF-8 text, wrapped to the width, with its upper left corner at that point; returns its height. Control
  /// characters are drawn as blanks.
  double text(const std::string& what, const text_look& look, double x, double y, double width);
  void line(double x1, double y1, double x2, double y2, double thickness, ink colour);
  /// The outline of a rectangle.
  void frame(double x, double y, double width, double height, double thickness, ink colour);
  void fill(double x, double y, double width, double height, ink colour);
  void next_page();

  /// The PDF; nothing can be drawn afterwards. Throws std::runtime_error where it could not be drawn.
  std::string finish();

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

/// The scripts that names of people and courses may be in and that would be boxes, since no font on this machine has
/// them. The first call on a machine may take a second.
std::vector<std::string> scripts_without_font();

}  // namespace stoa::paper
