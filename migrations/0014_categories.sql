-- A category is its name, compared without case and accents; its slug is an address and gets a suffix where it is taken.
create collation name_identity (provider = icu, locale = 'und-u-ks-level1', deterministic = false);

-- Who brought it, where somebody did: how many a person may bring is bounded.
alter table category add column created_by uuid references account on delete set null;
create index category_of_creator on category (created_by) where created_by is not null;

-- Of names that are one by now, the first one stays.
create temporary table merged_category on commit drop as
  select id, first_value(id) over (partition by name collate name_identity order by number) as stays from category;
update course set category_id = m.stays from merged_category m where m.id = course.category_id and m.id <> m.stays;
delete from category using merged_category m where m.id = category.id and m.id <> m.stays;
drop table merged_category;

create unique index category_name on category (name collate name_identity);
