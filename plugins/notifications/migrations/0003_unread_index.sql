-- A page counts the unread among all of a person's rows, which it reads anyway: the index was read by nobody and written
-- by every notification.
drop index notification_unread;
