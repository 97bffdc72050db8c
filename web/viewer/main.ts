import './viewer-page';
