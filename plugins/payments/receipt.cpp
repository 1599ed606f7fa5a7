#include "receipt.hpp"

#include <cairo-pdf.h>
#include <pango/pangocairo.h>

#include <memory>
#include <stdexcept>
#include <vector>

#include "stoa/money.hpp"
#include "stoa/text.hpp"
#include "stoa/time.hpp"

namespace stoa_plugin::payments {

namespace {

constexpr double page_width = 595, page_height = 842, margin = 56, content = page_width - 2 * margin;
constexpr double amount_width = 110;

cairo_status_t append(void* out, const unsigned char* data, unsigned int size) {
  static_cast<std::string*>(out)->append(reinterpret_cast<const char*>(data), size);
  return CAIRO_STATUS_SUCCESS;
}

enum class look { plain, strong, faint, title };
enum class side { left, right };

/// A document that is written from top to bottom.
class document {
 public:
  explicit document(stoa::timestamp made) {
    surface_.reset(cairo_pdf_surface_create_for_stream(append, &bytes_, page_width, page_height));
    cairo_pdf_surface_set_metadata(surface_.get(), CAIRO_PDF_METADATA_CREATE_DATE,
                                   stoa::rfc3339(std::chrono::floor<stoa::seconds>(made)).c_str());
    context_.reset(cairo_create(surface_.get()));
  }

  void title(const char* text) { cairo_pdf_surface_set_metadata(surface_.get(), CAIRO_PDF_METADATA_TITLE, text); }

  /// Writes a text at the current height without moving on; returns its height.
  double put(const std::string& text, look l, double x, double width, side s = side::left) {
    const std::unique_ptr<PangoLayout, void (*)(void*)> layout{pango_cairo_create_layout(context_.get()),
                                                               g_object_unref};
    const std::unique_ptr<PangoFontDescription, void (*)(PangoFontDescription*)> font{
        pango_font_description_from_string(l == look::title    ? "Sans Bold 22"
                                           : l == look::strong ? "Sans Bold 10"
                                           : l == look::faint  ? "Sans 9"
                                                               : "Sans 10"),
        pango_font_description_free};
    pango_layout_set_font_description(layout.get(), font.get());
    pango_layout_set_width(layout.get(), static_cast<int>(width * PANGO_SCALE));
    pango_layout_set_wrap(layout.get(), PANGO_WRAP_WORD_CHAR);
    pango_layout_set_alignment(layout.get(), s == side::right ? PANGO_ALIGN_RIGHT : PANGO_ALIGN_LEFT);
    // Names of either direction stand where the form wants them.
    pango_layout_set_auto_dir(layout.get(), FALSE);
    pango_layout_set_text(layout.get(), text.data(), static_cast<int>(text.size()));
    const double grey = l == look::faint ? 0.4 : 0.1;
    cairo_set_source_rgb(context_.get(), grey, grey, grey);
    cairo_move_to(context_.get(), x, y_);
    pango_cairo_show_layout(context_.get(), layout.get());
    int height = 0;
    pango_layout_get_pixel_size(layout.get(), nullptr, &height);
    return height;
  }

  void line(const std::string& text, look l = look::plain) { skip(put(text, l, margin, content) + 3); }

  void pair(const std::string& left, const std::string& right, look l = look::plain) {
    need(40);
    const double height = put(left, l, margin, content - amount_width - 12);
    put(right, l, page_width - margin - amount_width, amount_width, side::right);
    skip(height + 6);
  }

  void rule() {
    cairo_set_source_rgb(context_.get(), 0.8, 0.8, 0.8);
    cairo_set_line_width(context_.get(), 0.7);
    cairo_move_to(context_.get(), margin, y_);
    cairo_line_to(context_.get(), page_width - margin, y_);
    cairo_stroke(context_.get());
    skip(9);
  }

  void skip(double points) { y_ += points; }

  std::string finish() {
    context_.reset();
    cairo_surface_finish(surface_.get());
    if (cairo_surface_status(surface_.get()) != CAIRO_STATUS_SUCCESS)
      throw std::runtime_error("the receipt cannot be drawn");
    return std::move(bytes_);
  }

 private:
  /// Begins a new page where so much does not fit on this one.
  void need(double points) {
    if (y_ + points < page_height - margin) return;
    cairo_show_page(context_.get());
    y_ = margin;
  }

  std::string bytes_;
  std::unique_ptr<cairo_surface_t, void (*)(cairo_surface_t*)> surface_{nullptr, cairo_surface_destroy};
  std::unique_ptr<cairo_t, void (*)(cairo_t*)> context_{nullptr, cairo_destroy};
  double y_ = margin;
};

std::string joined(const std::vector<std::string>& parts, const char* between) {
  std::string all;
  for (const auto& p : parts) {
    if (p.empty()) continue;
    if (!all.empty()) all += between;
    all += p;
  }
  return all;
}

/// What a person wrote, without what would leave the form.
std::string shown(const std::string& text) {
  std::string out = text;
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  return out;
}

std::string amount(const stoa::order& o, std::int64_t minor) {
  std::string code = o.currency;
  for (char& c : code)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return stoa::money{minor, stoa::ascii_lower(o.currency)}.decimal() + " " + code;
}

struct script_sample {
  const char* name;
  const char* text;
};
constexpr script_sample samples[] = {{"Arabic", "شكرا"},         {"Chinese", "收據谢谢"}, {"Cyrillic", "Чек"},
                                     {"Devanagari", "रसीद"},     {"Greek", "Απόδειξη"},   {"Hebrew", "קבלה"},
                                     {"Japanese", "領収書かナ"}, {"Korean", "영수증"},    {"Thai", "ใบเสร็จ"}};

}  // namespace

std::vector<std::string> scripts_without_font() {
  const std::unique_ptr<PangoContext, void (*)(void*)> context{
      pango_font_map_create_context(pango_cairo_font_map_get_default()), g_object_unref};
  std::vector<std::string> missing;
  for (const auto& s : samples) {
    const std::unique_ptr<PangoLayout, void (*)(void*)> layout{pango_layout_new(context.get()), g_object_unref};
    pango_layout_set_text(layout.get(), s.text, -1);
    if (pango_layout_get_unknown_glyphs_count(layout.get()) > 0) missing.emplace_back(s.name);
  }
  return missing;
}

std::string receipt_pdf(const stoa::order& o, const std::string& buyer_name) {
  const auto paid_at = o.completed_at.value_or(o.created_at);
  document d{paid_at};
  d.title(("Receipt " + o.receipt_number).c_str());
  d.line("Receipt", look::title);
  d.skip(10);
  d.line("Receipt number: " + o.receipt_number, look::strong);
  d.line("Order number: " + o.order_number);
  d.line("Date: " + stoa::iso_date(std::chrono::floor<stoa::days>(paid_at)));
  d.skip(14);
  d.line("Billed to", look::faint);
  if (o.billing) {
    const auto& b = *o.billing;
    const auto name = joined({b.first_name, b.last_name}, " ");
    d.line(shown(name.empty() ? buyer_name : name), look::strong);
    for (const auto& l :
         {b.address_line1, b.address_line2, joined({b.postal_code, b.city, b.state}, " "), b.country, b.email})
      if (!l.empty()) d.line(shown(l));
  } else {
    d.line(shown(buyer_name), look::strong);
  }
  d.skip(18);
  d.pair("Course", "Price", look::faint);
  d.rule();
  for (const auto& item : o.items) d.pair(shown(item.title), amount(o, item.price_minor));
  d.rule();
  d.pair("Subtotal", amount(o, o.subtotal_minor));
  if (o.discount_minor != 0) d.pair("Discount", "-" + amount(o, o.discount_minor));
  d.pair("Total paid", amount(o, o.total_minor), look::strong);
  d.skip(18);
  if (!o.payment_reference.empty())
    d.line("Payment: " + shown(o.payment_provider + " " + o.payment_reference), look::faint);
  return d.finish();
}

}  // namespace stoa_plugin::payments
