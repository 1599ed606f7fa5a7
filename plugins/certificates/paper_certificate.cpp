#include "paper_certificate.hpp"

#include <qrencode.h>

#include <memory>
#include <stdexcept>

#include "paper/paper.hpp"
#include "stoa/time.hpp"

namespace stoa_plugin::certificates {

namespace paper = stoa::paper;

namespace {

constexpr auto page = paper::a4_wide;
constexpr double margin = 84, content = page.width - 2 * margin;
constexpr paper::ink accent{0.13, 0.25, 0.42};
constexpr double code_side = 104, quiet_modules = 4;

paper::text_look plain(double size) {
  paper::text_look look;
  look.size = size;
  look.colour = paper::ink::grey(0.35);
  look.where = paper::side::middle;
  look.most_lines = 1;
  return look;
}

paper::text_look strong(double size, int most_lines) {
  auto look = plain(size);
  look.family = "Sans Bold";
  look.colour = paper::ink::grey(0.1);
  look.most_lines = most_lines;
  return look;
}

/// With the white border that readers need.
void draw_code(paper::canvas& on, const std::string& text, double x, double y) {
  const std::unique_ptr<QRcode, void (*)(QRcode*)> code{QRcode_encodeString8bit(text.c_str(), 0, QR_ECLEVEL_M),
                                                        QRcode_free};
  if (!code) throw std::runtime_error("an address does not fit into a QR code");
  const double module = code_side / (code->width + 2 * quiet_modules);
  on.fill(x, y, code_side, code_side, paper::ink::grey(1));
  for (int row = 0; row < code->width; ++row)
    for (int column = 0; column < code->width;) {
      // Modules side by side are one rectangle: no hairlines between them where a viewer smooths edges.
      int end = column;
      while (end < code->width && (code->data[row * code->width + end] & 1)) ++end;
      if (end > column)
        on.fill(x + (quiet_modules + column) * module, y + (quiet_modules + row) * module, (end - column) * module,
                module, paper::ink::grey(0));
      column = end + 1;
    }
}

}  // namespace

std::string certificate_pdf(const certificate& c, const std::string& address) {
  paper::canvas on(page, c.issued_at, "Certificate " + c.number);
  on.frame(24, 24, page.width - 48, page.height - 48, 2.5, accent);
  on.frame(32, 32, page.width - 64, page.height - 64, 0.7, accent);

  double y = 70;
  auto title = strong(30, 1);
  title.colour = accent;
  y += on.text("Certificate of Completion", title, margin, y, content) + 18;
  y += on.text("This certifies that", plain(12), margin, y, content) + 10;
  y += on.text(c.student_name, strong(30, 2), margin, y, content) + 12;
  y += on.text("has completed the course", plain(12), margin, y, content) + 10;
  y += on.text(c.course_title, strong(21, 3), margin, y, content) + 12;
  if (!c.instructor_name.empty()) on.text("taught by " + c.instructor_name, plain(12), margin, y, content);

  const double foot = page.height - 60 - code_side, beside = margin - 30 + code_side + 16;
  const double left = page.width - beside - margin;
  draw_code(on, address, margin - 30, foot);
  paper::text_look small;
  small.size = 9.5;
  small.colour = paper::ink::grey(0.25);
  auto row = [&, at = foot + 12](const std::string& text, int lines) mutable {
    small.most_lines = lines;
    at += on.text(text, small, beside, at, left) + 4;
  };
  row("Certificate number: " + c.number, 1);
  row("Completed: " + stoa::iso_date(std::chrono::floor<stoa::days>(c.completed_at)), 1);
  row("Issued: " + stoa::iso_date(std::chrono::floor<stoa::days>(c.issued_at)), 1);
  row("Verify it at " + address, 2);
  return on.finish();
}

}  // namespace stoa_plugin::certificates
