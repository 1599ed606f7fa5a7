#include "paper/paper.hpp"

#include <cairo-pdf.h>
#include <pango/pangocairo.h>

#include <stdexcept>

namespace stoa::paper {
namespace {

cairo_status_t append(void* out, const unsigned char* data, unsigned int size) {
  static_cast<std::string*>(out)->append(reinterpret_cast<const char*>(data), size);
  return CAIRO_STATUS_SUCCESS;
}

struct unref {
  void operator()(PangoLayout* l) const { g_object_unref(l); }
  void operator()(PangoContext* c) const { g_object_unref(c); }
  void operator()(PangoFontDescription* f) const { pango_font_description_free(f); }
  void operator()(cairo_surface_t* s) const { cairo_surface_destroy(s); }
  void operator()(cairo_t* c) const { cairo_destroy(c); }
};
template <class T>
using owned = std::unique_ptr<T, unref>;

constexpr double smallest = 1.0 / 3, step_down = 0.92;

/// What a person wrote, without what would leave the form.
std::string shown(const std::string& text) {
  std::string out = text;
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  return out;
}

PangoAlignment alignment_of(side s) {
  if (s == side::middle) return PANGO_ALIGN_CENTER;
  return s == side::right ? PANGO_ALIGN_RIGHT : PANGO_ALIGN_LEFT;
}

struct script_sample {
  const char* name;
  const char* text;
};
constexpr script_sample samples[] = {{"Arabic", "شكرا"},         {"Chinese", "收據谢谢"}, {"Cyrillic", "Чек"},
                                     {"Devanagari", "रसीद"},     {"Greek", "Απόδειξη"},   {"Hebrew", "קבלה"},
                                     {"Japanese", "領収書かナ"}, {"Korean", "영수증"},    {"Thai", "ใบเสร็จ"}};

}  // namespace

struct canvas::impl {
  void colour(ink c) { cairo_set_source_rgb(context.get(), c.red, c.green, c.blue); }

  std::string bytes;
  owned<cairo_surface_t> surface;
  owned<cairo_t> context;
};

canvas::canvas(page_size size, timestamp made, const std::string& title) : impl_(std::make_unique<impl>()) {
  impl_->surface.reset(cairo_pdf_surface_create_for_stream(append, &impl_->bytes, size.width, size.height));
  cairo_pdf_surface_set_metadata(impl_->surface.get(), CAIRO_PDF_METADATA_CREATE_DATE,
                                 rfc3339(std::chrono::floor<seconds>(made)).c_str());
  cairo_pdf_surface_set_metadata(impl_->surface.get(), CAIRO_PDF_METADATA_TITLE, title.c_str());
  impl_->context.reset(cairo_create(impl_->surface.get()));
}

canvas::~canvas() = default;

double canvas::text(const std::string& what, const text_look& look, double x, double y, double width) {
  const owned<PangoLayout> layout{pango_cairo_create_layout(impl_->context.get())};
  const owned<PangoFontDescription> font{pango_font_description_from_string(look.family)};
  const auto text = shown(what);
  pango_layout_set_width(layout.get(), static_cast<int>(width * PANGO_SCALE));
  pango_layout_set_wrap(layout.get(), PANGO_WRAP_WORD_CHAR);
  pango_layout_set_alignment(layout.get(), alignment_of(look.where));
  // Names of either direction stand where the form wants them.
  pango_layout_set_auto_dir(layout.get(), look.where == side::middle);
  pango_layout_set_text(layout.get(), text.data(), static_cast<int>(text.size()));
  for (double size = look.size;; size *= step_down) {
    pango_font_description_set_size(font.get(), static_cast<int>(size * PANGO_SCALE));
    pango_layout_set_font_description(layout.get(), font.get());
    if (look.most_lines == 0 || pango_layout_get_line_count(layout.get()) <= look.most_lines) break;
    if (size * step_down >= look.size * smallest) continue;
    pango_layout_set_height(layout.get(), -look.most_lines);
    pango_layout_set_ellipsize(layout.get(), PANGO_ELLIPSIZE_END);
    break;
  }
  impl_->colour(look.colour);
  cairo_move_to(impl_->context.get(), x, y);
  pango_cairo_show_layout(impl_->context.get(), layout.get());
  int height = 0;
  pango_layout_get_pixel_size(layout.get(), nullptr, &height);
  return height;
}

void canvas::line(double x1, double y1, double x2, double y2, double thickness, ink colour) {
  impl_->colour(colour);
  cairo_set_line_width(impl_->context.get(), thickness);
  cairo_move_to(impl_->context.get(), x1, y1);
  cairo_line_to(impl_->context.get(), x2, y2);
  cairo_stroke(impl_->context.get());
}

void canvas::frame(double x, double y, double width, double height, double thickness, ink colour) {
  impl_->colour(colour);
  cairo_set_line_width(impl_->context.get(), thickness);
  cairo_rectangle(impl_->context.get(), x, y, width, height);
  cairo_stroke(impl_->context.get());
}

void canvas::fill(double x, double y, double width, double height, ink colour) {
  impl_->colour(colour);
  cairo_rectangle(impl_->context.get(), x, y, width, height);
  cairo_fill(impl_->context.get());
}

void canvas::next_page() { cairo_show_page(impl_->context.get()); }

std::string canvas::finish() {
  impl_->context.reset();
  cairo_surface_finish(impl_->surface.get());
  if (cairo_surface_status(impl_->surface.get()) != CAIRO_STATUS_SUCCESS)
    throw std::runtime_error("the document cannot be drawn");
  return std::move(impl_->bytes);
}

std::vector<std::string> scripts_without_font() {
  const owned<PangoContext> context{pango_font_map_create_context(pango_cairo_font_map_get_default())};
  std::vector<std::string> missing;
  for (const auto& s : samples) {
    const owned<PangoLayout> layout{pango_layout_new(context.get())};
    pango_layout_set_text(layout.get(), s.text, -1);
    if (pango_layout_get_unknown_glyphs_count(layout.get()) > 0) missing.emplace_back(s.name);
  }
  return missing;
}

}  // namespace stoa::paper
