#include "receipt.hpp"

#include <utility>
#include <vector>

#include "paper/paper.hpp"
#include "stoa/money.hpp"
#include "stoa/text.hpp"
#include "stoa/time.hpp"

namespace stoa_plugin::payments {

namespace paper = stoa::paper;

namespace {

constexpr auto page = paper::a4_upright;
constexpr double margin = 56, content = page.width - 2 * margin;
constexpr double amount_width = 110;

enum class look { plain, strong, faint, title };

paper::text_look look_of(look l, paper::side where) {
  paper::text_look out;
  if (l == look::title || l == look::strong) out.family = "Sans Bold";
  out.size = l == look::title ? 22 : l == look::faint ? 9 : 10;
  if (l == look::faint) out.colour = paper::ink::grey(0.4);
  out.where = where;
  return out;
}

/// A document that is written from top to bottom.
class document {
 public:
  document(stoa::timestamp made, const std::string& title) : canvas_(page, made, title) {}

  void line(const std::string& text, look l = look::plain) {
    skip(canvas_.text(text, look_of(l, paper::side::left), margin, y_, content) + 3);
  }

  void pair(const std::string& left, const std::string& right, look l = look::plain) {
    need(40);
    const double height = canvas_.text(left, look_of(l, paper::side::left), margin, y_, content - amount_width - 12);
    canvas_.text(right, look_of(l, paper::side::right), page.width - margin - amount_width, y_, amount_width);
    skip(height + 6);
  }

  void rule() {
    canvas_.line(margin, y_, page.width - margin, y_, 0.7, paper::ink::grey(0.8));
    skip(9);
  }

  void skip(double points) { y_ += points; }

  std::string finish() { return canvas_.finish(); }

 private:
  /// Begins a new page where so much does not fit on this one.
  void need(double points) {
    if (y_ + points < page.height - margin) return;
    canvas_.next_page();
    y_ = margin;
  }

  paper::canvas canvas_;
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

std::string amount(const stoa::order& o, std::int64_t minor) {
  std::string code = o.currency;
  for (char& c : code)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return stoa::money{minor, stoa::ascii_lower(o.currency)}.decimal() + " " + code;
}

}  // namespace

std::string receipt_pdf(const stoa::order& o, const std::string& buyer_name) {
  const auto paid_at = o.completed_at.value_or(o.created_at);
  document d(paid_at, "Receipt " + o.receipt_number);
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
    d.line(name.empty() ? buyer_name : name, look::strong);
    for (const auto& l :
         {b.address_line1, b.address_line2, joined({b.postal_code, b.city, b.state}, " "), b.country, b.email})
      if (!l.empty()) d.line(l);
  } else {
    d.line(buyer_name, look::strong);
  }
  d.skip(18);
  d.pair("Course", "Price", look::faint);
  d.rule();
  for (const auto& item : o.items) d.pair(item.title, amount(o, item.price_minor));
  d.rule();
  d.pair("Subtotal", amount(o, o.subtotal_minor));
  if (o.discount_minor != 0) d.pair("Discount", "-" + amount(o, o.discount_minor));
  d.pair("Total paid", amount(o, o.total_minor), look::strong);
  d.skip(18);
  if (!o.payment_reference.empty()) d.line("Payment: " + o.payment_provider + " " + o.payment_reference, look::faint);
  return d.finish();
}

}  // namespace stoa_plugin::payments
